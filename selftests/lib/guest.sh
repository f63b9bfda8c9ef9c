#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# guest.sh TEST...: runs tests one after the other in the guest, each with a fresh module, and after each one looks at the
# kernel's log and at what it left behind. Speaks to scripts/test:
#   # Subtest: NAME       a test begins
#   ok N - TITLE          KTAP, from the tests and from here
#   # Done: NAME          a test has ended, whatever it found
# Exit status 3: the guest is no longer fit for tests. $PATIENCE: how many times its time a test may take.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=selftests/lib/tmem.sh
. "$here/tmem.sh"
# shellcheck source=selftests/lib/head.sh
. "$here/head.sh"
# shellcheck source=selftests/lib/leaks.sh
. "$here/leaks.sh"

# Lines of any level that tell of a fault.
faults='WARNING:|BUG:|Oops|general protection|Call Trace|kernel BUG|Kernel panic|blocked for more than|rcu.*(stall|detected)|soft lockup'
faults+='|UBSAN:|ODEBUG:|DEBUG_LOCKS_WARN_ON|lockdep is turned off|Poison|suspicious RCU'
faults+='|refcount_t:|corruption|page allocation failure|oom-kill|Out of memory|Write-error|Read-error|I/O error|EXT4-fs (error|warning)|workqueue.*hog'
# What a module out of the tree that is not signed says when it loads.
harmless='tmem: loading out-of-tree module taints kernel|tmem: module verification failed'

main() {
	local name
	# The panic that a fault ends in is wanted on the console; each message is not: a serial line is slow.
	dmesg --console-level 4
	forget_leaks
	for name in "$@"; do
		echo "# Subtest: $name"
		run_test "$name"
		after_test "$name" || fit=no
		echo "# Done: $name"
		[[ -z ${fit:-} ]] || exit 3
	done
}

run_test() {
	local file=$here/../$1.sh status=0
	unload && modprobe tmem || echo "not ok - the module loads before the test"
	echo "selftest: $1 begins" >/dev/kmsg
	timeout -k 10 "$((${PATIENCE:-1} * $(head_of timeout "$file" 180)))" bash "$file" </dev/null 2>&1 || status=$?
	case $status in
	0) ;;
	124 | 137)
		echo "not ok - it ends in time"
		echo w >/proc/sysrq-trigger
		log_since "$1" | tail -n 80 | comment
		;;
	*) echo "not ok - it ends with status 0, not $status" ;;
	esac
}

# after_test NAME: status 0 if the next test can run.
after_test() {
	local status=0
	look "it leaves nothing behind" leaves_nothing || status=1
	# While the module is there: it has the names of its functions.
	[[ ! -e $kmemleak ]] || look "it leaks nothing" leaks_nothing
	look "it unloads" unload || status=1
	check_log "$1"
	return "$status"
}

# look TITLE FUNCTION
look() {
	local output status
	# Not in a condition, where bash would not stop at a failed command.
	output=$(
		set -ex
		"$2" 2>&1
	)
	status=$?
	if [[ $status == 0 ]]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		comment <<<"$output"
	fi
	return "$status"
}

leaves_nothing() {
	give_back
	[[ -e /sys/module/tmem ]] || return 0
	for reset in /sys/block/tmem*/reset; do
		[[ ! -e $reset ]] || echo 1 >"$reset"
	done
	gauges_are_zero
}

check_log() {
	local found
	found=$(log_since "$1" | unexpected "$(head_lines dmesg "$here/../$1.sh")")
	if [[ -z $found ]]; then
		echo "ok - the kernel log is clean"
	else
		echo "not ok - the kernel log is clean"
		head -n 20 <<<"$found" | comment
		echo "# around the first of them:"
		log_since "$1" | grep -F -A 40 -- "${found%%$'\n'*}" | comment
	fi
}

comment() {
	sed 's/^/# /'
}

# log_since NAME: what the kernel said since the test began; all of it if that is already forgotten.
log_since() {
	dmesg -r | awk -v mark="selftest: $1 begins" '
		{ text = text $0 "\n" }
		index($0, mark) { text = "" }
		END { printf "%s", text }'
}

# unexpected REGEXES: of the log's lines, faults and the module's own warnings, less what is expected.
unexpected() {
	local expected
	expected=$harmless${1:+|$(paste -sd '|' <<<"$1")}
	grep -E "$faults|^<[0-4]>\[[^]]*\] tmem[0-9]*:" | grep -vE "$expected"
}

main "$@"
