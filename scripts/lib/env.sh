# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by every script: where things are, and how a script speaks, fails, shows progress and becomes root.

TMEM_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
if [ -z "${TMEM_CACHE:-}" ]; then
	home=~
	TMEM_CACHE=${XDG_CACHE_HOME:-$home/.cache}/tmem
fi
TMEM_CACHE=$(realpath -m "$TMEM_CACHE")
# An ordinary user's PATH may lack the directories of debootstrap and depmod.
PATH=${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin
export TMEM_ROOT TMEM_CACHE PATH

# The exit status of what was stopped by Ctrl-C.
TMEM_STOPPED=130

# What a command run as root by sudo needs to know of the caller's surroundings.
TMEM_KEPT_ENV=(TMEM_CACHE TMEM_IN_TOOLCHAIN DEBIAN_MIRROR http_proxy https_proxy ftp_proxy no_proxy SSL_CERT_FILE)

# Progress goes to stderr; inside a step, to the stderr the step was called with.
say() {
	printf '%s\n' "$*" >&"${TMEM_SAY_FD:-2}"
}

# die MESSAGE...: what is wrong and what to do about it, one argument a line.
die() {
	say "${0##*/}: $1"
	shift
	for line in "$@"; do say "  $line"; done
	exit 1
}

# Prints the comment block at the top of the calling script: its --help.
usage() {
	sed -n '2,/^[^#]/{/^# SPDX/d;s/^# \{0,1\}//p}' "$0"
}

# Waits without a child process, which would outlive a killed ticker and keep its streams open.
# _step_ticker TITLE PID START LOG
_step_ticker() {
	local never
	exec {never}<> <(:)
	while ! read -rt 15 -u "$never" && kill -0 "$2" 2>/dev/null; do
		say "    ... $1 ($((SECONDS - $3)) s): $(tail -n 1 "$4" | cut -c1-60 || true)"
	done
}

# step TITLE CMD...: runs CMD with its output in $TMEM_CACHE/log/, says how long it took, shows the log's tail if it fails.
# Not to be called in a condition (if, &&, ||): CMD would then run without `set -e`.
step() {
	local title=$1 start=$SECONDS log ticker rc
	shift
	mkdir -p "$TMEM_CACHE/log"
	log=$TMEM_CACHE/log/$(tr -cs 'A-Za-z0-9._\n' - <<<"$title").log
	[ -n "${TMEM_SAY_FD:-}" ] || exec {TMEM_SAY_FD}>&2
	say "==> $title"
	: >"$log"
	_step_ticker "$title" "$BASHPID" "$start" "$log" &
	ticker=$!
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1
	rc=$?
	set -e
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
	if [ "$rc" = "$TMEM_STOPPED" ]; then
		exit "$rc"
	elif [ "$rc" != 0 ]; then
		tail -n 20 "$log" | sed 's/^/    | /' >&"$TMEM_SAY_FD"
		die "'$title' failed after $((SECONDS - start)) s; the whole log: $log"
	fi
	say "    $title: done in $((SECONDS - start)) s"
}

# as_root CMD...: runs CMD as root, by sudo if need be.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
		return
	fi
	command -v sudo >/dev/null ||
		die "this needs root, and there is no sudo: $*" "run this script as root, or install sudo"
	say "    needs root, asking sudo for it: $*"
	local kept=() name
	for name in "${TMEM_KEPT_ENV[@]}"; do
		[ -z "${!name:-}" ] || kept+=("$name=${!name}")
	done
	sudo env "${kept[@]}" "$@"
}
