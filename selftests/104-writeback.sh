#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Cold pages go to the disk below before the pool is full, the coldest first, and come back whole; limits and switches hold.
# guest: DISK=512M,8M
# slow
# smoke
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/backing.sh
. "${0%/*}/lib/backing.sh"

# In the guest nothing else is over it.
limit=$((8 << 20))

# settled: until the thread has made room.
settled() {
	for _ in {1..100}; do
		(($(mm mem_used_total) > limit * 31 / 32)) || return 0
		sleep 0.1
	done
	return 1
}

switches() {
	echo 1 >$sys/reset
	[[ $(<$sys/writeback) == 1 && $(<$sys/writeback_limit_enable) == 0 && $(<$sys/writeback_limit) == 0 ]]
	[[ $(writing 2 $sys/writeback) == EINVAL && $(writing x $sys/writeback) == EINVAL ]]
	[[ $(writing -1 $sys/writeback_limit) == EINVAL && $(writing 7 $sys/writeback_limit_enable) == EINVAL ]]
	echo 0 >$sys/writeback
	echo 1 >$sys/writeback_limit_enable
	echo 123 >$sys/writeback_limit
	[[ $(<$sys/writeback) == 0 && $(<$sys/writeback_limit_enable) == 1 && $(<$sys/writeback_limit) == 123 ]]
	echo 1 >$sys/reset
	[[ $(<$sys/writeback) == 1 && $(<$sys/writeback_limit_enable) == 0 && $(<$sys/writeback_limit) == 0 ]]
}

# Written slowly, so that the thread keeps up.
fill_slowly() {
	local first
	for first in {0..4032..64}; do
		tmem-test fill "$disk" --first "$first" --count 64 --class random --seed "$1"
		settled
	done
}

makes_room() {
	set_backing $below 64M
	echo $limit >$sys/mem_limit
	echo 1 >$sys/writeback
	fill_slowly 3
	echo 0 >$sys/writeback
	# The last batch may be on its way.
	sleep 1
	cat $sys/bd_stat $sys/mm_stat
	[[ $(stat_of puts_refused) == 0 && $(stat_of written_back) == "$(bd bd_writes)" ]]
	[[ $(($(stat_of pages) + $(bd bd_count))) == 4096 ]]
	# Some may have been written early, and be here still; none is written twice.
	(($(bd bd_count) <= $(bd bd_writes) && $(bd bd_writes) <= 4096))
	(($(stat_of pages) > 1200))
	tmem-test verify "$disk" --count 4096 --class random --seed 3 --request 64
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

# What was read again and again is in memory still: reading it takes nothing from the disk.
coldest_first() {
	local first before
	set_backing $below 64M
	echo $limit >$sys/mem_limit
	echo 1 >$sys/writeback
	tmem-test fill "$disk" --count 256 --class random --seed 4
	for first in {256..3840..128}; do
		tmem-test verify "$disk" --count 256 --class random --seed 4 --request 16
		tmem-test fill "$disk" --first "$first" --count 128 --class random --seed 4
		settled
	done
	before=$(bd bd_reads)
	tmem-test verify "$disk" --count 256 --class random --seed 4
	echo "$before $(bd bd_reads)"
	(($(bd bd_reads) - before < 26))
	tmem-test verify "$disk" --count 3840 --class random --seed 4 --request 32
}

can_be_switched_off() {
	set_backing $below 64M
	echo $limit >$sys/mem_limit
	tmem-test fill "$disk" --count 2000 --class random --seed 5
	sleep 1.5
	[[ $(stat_of written_back) == 0 ]]
	echo 1 >$sys/writeback
	for _ in {1..30}; do
		(($(stat_of written_back) == 0)) || break
		sleep 0.1
	done
	(($(stat_of written_back) > 50))
}

# So many pages are written back, and not one more.
limits_hold() {
	set_backing $below 64M
	echo $limit >$sys/mem_limit
	echo 1 >$sys/writeback_limit_enable
	echo 100 >$sys/writeback_limit
	echo 1 >$sys/writeback
	tmem-test fill "$disk" --count 4096 --class random --seed 6
	sleep 1.5
	[[ $(stat_of written_back) == 100 && $(<$sys/writeback_limit) == 0 ]]
	echo 50 >$sys/writeback_limit
	sleep 1.5
	[[ $(stat_of written_back) == 150 && $(<$sys/writeback_limit) == 0 ]]
	echo 0 >$sys/writeback_limit_enable
	sleep 1.5
	(($(stat_of written_back) > 200))
	tmem-test verify "$disk" --count 4096 --class random --seed 6 --request 64
}

storm() {
	set_backing $below 64M
	echo 2M >$sys/mem_limit
	echo 1 >$sys/writeback
	count storm "$disk" --operations "$(fewer 80000)" --threads 4 --pages 2048 --seed 7
	cat $sys/bd_stat
	(($(stat_of written_back) > 500 && $(bd bd_reads) > 500))
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

swapping() {
	swap_over $below 256M
	fewer $limit >$sys/mem_limit
	echo 1 >$sys/writeback
	count memory --mib "$(fewer 60)" --class mixed --threads 2 --page-out --rounds 2
	cat $sys/bd_stat $sys/io_stat
	(($(stat_of written_back) > $(fewer 2000) && $(bd bd_reads) > $(fewer 2000)))
	[[ $(io failed_writes) == 0 && $(io failed_reads) == 0 ]]
	[[ $(($(stat_of pages) + $(bd bd_count))) == 1 ]]
	swap_off
}

recompressed_more_than() {
	(($(stat_of recompressed) > $1))
}

# Ten minutes before that would be their time.
denser_when_full() {
	local before
	[[ $(</sys/kernel/tmem/recompress_idle_seconds) == 600 ]]
	set_backing $below 64M
	echo $limit >$sys/mem_limit
	echo 1 >$sys/writeback
	before=$(stat_of recompressed)
	tmem-test fill "$disk" --count 8192 --class text --seed 8
	within 60 recompressed_more_than $((before + 50))
	tmem-test verify "$disk" --count 8192 --class text --seed 8
}

global_cap() {
	local max=/sys/kernel/tmem/max_bytes before
	before=$(<$max)
	set_backing $below 64M
	echo 1 >$sys/writeback
	echo $(($(stat_of metadata_bytes) + limit)) >$max
	tmem-test fill "$disk" --count 4096 --class random --seed 9
	(($(stat_of written_back) > 100))
	tmem-test verify "$disk" --count 4096 --class random --seed 9
	echo "$before" >$max
}

case_of "switches, and a reset" switches
case_of "there is room before it is needed: nothing is refused" makes_room
case_of "what is asked for stays in memory" coldest_first
case_of "writeback can be switched off" can_be_switched_off
case_of "writeback_limit" limits_hold
case_of "write, read, overwrite, discard and zero pages at random" storm
case_of "memory goes there and comes back, whole" swapping
case_of "near the limit, pages become denser early" denser_when_full
case_of "max_bytes of all pools" global_cap
