#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# insmod, mkswap, swapon: memory goes there and comes back, and nothing is left behind.
# smoke
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
mib=40 program=64 room=24 rounds=2
# Some hundred KiB wait in the processors' batches until they are on a list that the kernel looks at.
! is_debug_kernel || mib=10 program=14 room=6 rounds=1

three_commands() {
	unload
	insmod "$(modinfo -n tmem)"
	mkswap "$disk"
	swapon -p 100 "$disk"
	[[ $(awk '$1 == "/dev/tmem0" { print $5 }' /proc/swaps) == 100 ]]
	swap_off
}

out_and_in() {
	swap_on 128M
	count memory --mib "$mib" --threads 2 --page-out --rounds $rounds
	# A fifth of the content is zeroes, which the kernel keeps itself.
	(($(counted swapped_kib) > mib * 1024 * 9 / 10))
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 && $(stat_of puts_refused) == 0 ]]
}

slots_are_freed() {
	# The page of the header stays.
	[[ $(stat_of pages) == 1 && $(used_swap) == 0 ]]
	(($(io notify_free) > mib * 25))
}

at_rest_all_is_zero() {
	swap_off
	echo 1 >$sys/reset
	gauges_are_zero
	[[ $(mm orig_data_size) == 0 && $(mm mem_used_max) == 0 ]]
}

under_a_limit() {
	swap_on 256M
	in_cgroup "${room}M" tmem-test memory --mib "$program" --threads 2 --rounds $rounds >"$scratch/counts"
	cat "$scratch/counts"
	(($(counted swapped_kib) > $(fewer 32768)))
	[[ $(event $cgroup/memory.events oom_kill) == 0 ]]
	(($(event $cgroup/memory.stat pswpin) > $(fewer 1000) && $(event $cgroup/memory.stat pswpout) > $(fewer 8000)))
	swap_off
}

case_of "insmod, mkswap, swapon" three_commands
case_of "$mib MiB go out and come back whole" out_and_in
case_of "slots are freed with the memory" slots_are_freed
case_of "after swapoff and reset every figure is 0" at_rest_all_is_zero
case_of "a program of $program MiB in a cgroup of $room MiB" under_a_limit
