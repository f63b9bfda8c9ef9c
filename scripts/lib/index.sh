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

# A new tool chain root brings the index it was made from; its locks are root's.
take_index_from_toolchain() {
	local new=$_index.partial
	rm -rf "$_index" "$new"
	mkdir -p "$new/lists/partial"
	find "$TMEM_CACHE/toolchain/var/lib/apt/lists" -maxdepth 1 -type f ! -name lock -exec cp -t "$new/lists" {} +
	touch "$new/checked"
	mv "$new" "$_index"
}

# Brings the index up to date when it is older than a day or $refresh is set, and notes which of the tool chain's packages
# the mirror has in another version. Without a network the old index stays.
refresh_index() {
	if [ ! -e "$_index/checked" ] ||
		{ [ -z "${refresh:-}" ] && [ -n "$(find "$_index/checked" -mtime -1)" ]; }; then
		return
	fi
	say "==> looking for changed package versions"
	if index_apt apt-get -o Acquire::Retries=0 -o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10 update \
		>"$_index/log" 2>&1; then
		_changed_packages >"$_index/changed"
		_say_changes
	else
		say "    the mirror is out of reach: going on with what is here (log: $_index/log)"
	fi
	touch "$_index/checked"
}

# "name here mirror" for each package that the tool chain names.
_changed_packages() {
	index_apt apt-get --simulate dist-upgrade | sed -n 's/^Inst \([^ ]*\) \[\([^]]*\)\] (\([^ ]*\) .*/\1 \2 \3/p' |
		awk 'NR == FNR { named[$1] = 1; next } $1 in named' "$TMEM_CACHE/toolchain/etc/tmem-toolchain" -
}

_say_changes() {
	local name here mirror
	while read -r name here mirror; do
		say "    $name: $here here, $mirror on the mirror"
	done <"$_index/changed"
}

# package_index BYTES: the whole paragraphs at the beginning of Debian's package index, of at most so many bytes.
package_index() {
	local index
	index=$(compgen -G "$_index/lists/*_dists_trixie_main_binary-amd64_Packages*" | head -n 1) ||
		die "there is no package index in $_index/lists" "run scripts/setup --refresh"
	index_apt /usr/lib/apt/apt-helper cat-file "$index" |
		awk -v most="$1" -v RS= -v ORS='\n\n' '(size += length($0) + 2) <= most'
}

index_newer_than() {
	[ "$_index/checked" -nt "$1" ]
}

toolchain_outdated() {
	[ -s "$_index/changed" ]
}
