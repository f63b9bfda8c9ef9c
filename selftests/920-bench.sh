#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# scripts/bench says what it cannot do, and does nothing then. What it does is tested with its program (selftests/bench/tests).
# host
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=scripts/lib/env.sh
. "$tests_dir/../scripts/lib/env.sh"

# refuses REGEX ARGUMENT...: and says that, and starts no guest.
refuses() {
	local wanted=$1
	shift
	fails "$TMEM_ROOT/scripts/bench" "$@" >"$scratch/out" 2>"$scratch/err"
	cat "$scratch/err"
	grep -qE "$wanted" "$scratch/err"
	[[ ! -s $scratch/out ]]
	fails grep -E '^\[ *[0-9]+ s\]' "$scratch/err"
}

# take_lock: that of a benchmark, as $lock.
take_lock() {
	mkdir -p "$TMEM_CACHE/bench"
	exec {lock}>"$TMEM_CACHE/bench/lock"
	flock -n "$lock" || skip "a benchmark is running"
}

refuses_machine_without_kvm() {
	# Where there is a /dev/kvm that does not work, it is found out after that.
	take_lock
	exec {lock}>&-
	[[ $(cat "$TMEM_CACHE/image/kvm-verdict" 2>/dev/null) != *yes ]] || skip "KVM works here"
	refuses 'needs KVM' --here
}

refuses_to_run_twice() {
	take_lock
	refuses 'another scripts/bench is running' cost
}

case_of "an unknown part" refuses 'unknown argument: speed' speed
case_of "results to compare with that are not there" refuses "wants a file that can be read, not '$scratch/none'" --compare "$scratch/none"
case_of "results to compare with that are not named" refuses "wants a file that can be read, not ''" --compare
case_of "--here for what counts instructions" refuses 'cannot run cost' --here cost
case_of "--here without KVM" refuses_machine_without_kvm
case_of "a second one at the same time" refuses_to_run_twice
