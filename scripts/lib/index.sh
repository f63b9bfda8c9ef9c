# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced: the package index in $TMEM_CACHE/apt: which versions the mirror has. Needs no root. Kept for a day.

_index=$TMEM_CACHE/apt

# apt TOOL ARGS...: an apt tool of the tool chain root (whose packages it knows), on this index.
index_apt() {
	local tool=$1
	shift
	"$TMEM_ROOT/scripts/in-toolchain" "$tool" -q -o Dir::State::lists="$_index/lists" -o Dir::Cache="$_index" \
		-o Debug::NoLocking=true -o APT::Sandbox::User=root "$@"
}

take_index_from_toolchain() {
	rm -rf "$_index"
	mkdir -p "$_index"
	cp -r "$TMEM_CACHE/toolchain/var/lib/apt/lists" "$_index/lists"
	touch "$_index/checked"
}

# Brings the index up to date when it is older than a day or $refresh is set. Without a network the old one stays.
refresh_index() {
	if [ ! -e "$_index/checked" ] ||
		{ [ -z "${refresh:-}" ] && [ -n "$(find "$_index/checked" -mtime -1)" ]; }; then
		return
	fi
	say "==> looking for changed package versions"
	if ! timeout 60 "$BASH" -c '. "$1/scripts/lib/env.sh"; . "$1/scripts/lib/index.sh"; index_apt apt-get update' - "$TMEM_ROOT" \
		>"$_index/log" 2>&1; then
		say "    the mirror is out of reach: going on with what is here (log: $_index/log)"
	fi
	touch "$_index/checked"
}

# Does the mirror have another version of a package that the tool chain names?
toolchain_outdated() {
	[ -n "$(find "$_index/checked" -newer "$TMEM_CACHE/toolchain/etc/tmem-toolchain" 2>/dev/null)" ] || return 1
	local changed
	changed=$(index_apt apt-get --simulate dist-upgrade | sed -n 's/^Inst \([^ ]*\) \[\([^]]*\)\] (\([^ ]*\) .*/\1 \2 \3/p' |
		awk 'NR == FNR { named[$1] = 1; next } $1 in named' "$TMEM_CACHE/toolchain/etc/tmem-toolchain" -)
	[ -n "$changed" ] || return 1
	say "changed packages (name, here, mirror):" "$changed"
}
