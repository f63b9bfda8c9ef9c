#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A swap disk at its limit: refused pages stay in memory, subpages of a refused huge page are dropped, and only the cgroup that
# ran out of memory pays.
# dmesg: Write-error on swap-device
# dmesg: constraint=CONSTRAINT_MEMCG
# dmesg: Memory cgroup out of memory
# dmesg: invoked oom-killer
# dmesg: Call Trace
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
huge=/sys/kernel/mm/transparent_hugepage

refused_pages_stay() {
	swap_on 128M
	echo 4M >$sys/mem_limit
	count memory --mib 24 --class random --page-out --rounds 2
	(($(stat_of puts_refused) > 1000 && $(stat_of puts_refused_early) > 500 && $(io failed_writes) > 100))
	[[ $(stat_of pages) == 1 ]]
	swap_off
}

holds_the_header() {
	[[ $(mm orig_data_size) == 4096 ]]
}

huge_pages_are_dropped_again() {
	local pid
	echo madvise >$huge/enabled
	swap_on 128M
	echo 64K >$sys/mem_limit
	tmem-test memory --kind huge --mib 16 --class random --page-out --seconds 8 --rounds 1 &
	pid=$!
	until (($(io failed_writes) >= 8)); do sleep 0.1; done
	sleep 1
	cat $sys/mm_stat $sys/io_stat
	grep thp_swpout /proc/vmstat
	# Not one page of those that failed, though 64 KiB have room for some: only the header, once no request is under way.
	within 3 holds_the_header
	wait "$pid"
	[[ $(stat_of pages) == 1 ]]
	swap_off
}

its_own_end() {
	local status=0 bystander
	swap_on 256M
	echo 4M >$sys/mem_limit
	tmem-test memory --mib 16 --class random --seconds 15 --rounds 1 &
	bystander=$!
	in_cgroup 24M tmem-test memory --mib 64 --class random || status=$?
	[[ $status == 137 ]]
	[[ $(event $cgroup/memory.events oom_kill) -ge 1 ]]
	wait "$bystander"
	swap_off
}

case_of "a refused page stays in memory, whole" refused_pages_stay
case_of "subpages of a refused huge page are dropped again" huge_pages_are_dropped_again
case_of "a cgroup that finds no swap ends alone" its_own_end
