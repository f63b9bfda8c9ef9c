# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by each test, in the guest and on the host: cases, their output, and what a test requires.
#
# A test is a file of functions, and a list of cases at its end. Its head is read by the runner:
#   # A sentence that says what is tested.
#   # guest: MEM=256 CPUS=1   options of qemu/guest (none: the default guest)
#   # host                    it runs on the host instead
#   # kernel: debug           the kernels it can run in (none: stock and debug)
#   # smoke                   --ci runs it in the debug kernel as well
#   # slow                    it takes a minute or more: a plain run leaves it out in the stock kernel, --ci does not
#   # long                    it takes minutes: in the stock kernel --all runs it, or its name
#   # soak                    it takes hours: --soak and --all run it
#   # dmesg: REGEX            lines of the kernel log that are expected (one a line, repeatable)
#   # timeout: 300            seconds (default 180)
set -euo pipefail

# shellcheck disable=SC2034 # for the tests
tests_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tmem-test.XXXXXX")
cases=0
trap 'end_test' EXIT
# shellcheck source=selftests/lib/timer.sh
. "$tests_dir/lib/timer.sh"

# case_of TITLE CMD...: runs CMD in a subshell where any failed command ends it. Its output, commands included, is shown if it
# fails. Status 77 says that it was skipped, for the reason in $scratch/skip.
case_of() {
	local title=$1 start=$EPOCHREALTIME status=0
	shift
	cases=$((cases + 1))
	# Not in a condition, where bash would not stop at a failed command.
	(
		set -x
		"$@"
	) >"$scratch/output" 2>&1 </dev/null &
	wait "$!" || status=$?
	title+=" $(since "$start")"
	case $status in
	0) echo "ok $cases - $title" ;;
	77) echo "ok $cases - $title # SKIP $(<"$scratch/skip")" ;;
	*)
		echo "not ok $cases - $title"
		tail -n 60 "$scratch/output" | sed 's/^/# /'
		;;
	esac
}

skip() {
	echo "$*" >"$scratch/skip"
	exit 77
}

end_test() {
	local status=$?
	[[ $(type -t clean_up) != function ]] || clean_up >"$scratch/output" 2>&1 || cat "$scratch/output" >&2
	rm -rf "$scratch"
	[[ $status != 0 ]] || echo "1..$cases"
}

# requires CONDITION-CMD... -- REASON: the whole test is skipped unless the command succeeds.
requires() {
	local command=()
	while [[ $1 != -- ]]; do
		command+=("$1")
		shift
	done
	shift
	"${command[@]}" >/dev/null 2>&1 && return
	echo "1..0 # SKIP $*"
	trap - EXIT
	rm -rf "$scratch"
	exit 0
}

requires_program() {
	requires command -v "$1" -- "there is no program $1"
}

# fails CMD...: `!` alone would not end a case.
fails() {
	if "$@"; then
		echo "succeeded, and must not: $*"
		return 1
	fi
}

# between LOW VALUE HIGH
between() {
	(($1 <= $2 && $2 <= $3))
}

# counted NAME: the value of a line NAME=VALUE in $scratch/counts, where tmem-test's output goes.
counted() {
	sed -n "s/^$1=//p" "$scratch/counts"
}

# count CMD...: runs tmem-test CMD... and keeps its figures for `counted`.
count() {
	tmem-test "$@" >"$scratch/counts"
	cat "$scratch/counts"
}
