#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Pages that were written early leave without I/O: when the kernel wants memory, or nothing may be written any more.
# guest: DISK=512M,8M
# slow
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/backing.sh
. "${0%/*}/lib/backing.sh"
pages=1400

# More than half of what may be held: all but the last quarter gets old, and goes to the disk.
write_early() {
	set_backing $below 64M
	echo 8M >$sys/mem_limit
	echo 1 >$sys/writeback
	tmem-test fill "$disk" --count $pages --class random --seed 1
	within 60 wrote $((pages * 7 / 10))
	[[ $(stat_of pages) == "$pages" && $(bd bd_count) == 0 ]]
}

# As a host does that has a balloon inflate; but this asks for all there is.
want_memory() {
	echo 2 >/proc/sys/vm/drop_caches
}

# leave PAGES: so many do when it is wanted. While the thread is at work, none do.
leave() {
	want_memory
	has_left "$1"
}

has_left() {
	(($(bd bd_count) >= $1))
}

is_whole() {
	tmem-test verify "$disk" --count $pages --class random --seed 1 --request 64
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

kernel_wants_memory() {
	local before
	write_early
	before=$(mm mem_used_total)
	within 30 leave $((pages / 2))
	cat $sys/bd_stat $sys/mm_stat
	(($(bd bd_count) + $(stat_of pages) == pages))
	(($(mm mem_used_total) < before - $(bd bd_count) * 4096 * 3 / 4))
	(($(bd bd_writes) <= pages))
	is_whole
	(($(bd bd_reads) >= $(bd bd_count)))
}

# What was asked for is young, and stays.
young_stay() {
	write_early
	tmem-test verify "$disk" --count 256 --class random --seed 1
	within 30 leave $((pages / 3))
	cat $sys/bd_stat
	tmem-test verify "$disk" --count 256 --class random --seed 1
	(($(bd bd_reads) == 0))
}

limit_is_spent() {
	local before
	write_early
	echo 0 >$sys/writeback_limit
	echo 1 >$sys/writeback_limit_enable
	before=$(bd bd_writes)
	echo 2M >$sys/mem_limit
	within 10 has_left $((pages / 2))
	cat $sys/bd_stat
	[[ $(bd bd_writes) == "$before" ]]
	is_whole
}

switched_off() {
	write_early
	echo 0 >$sys/writeback
	sleep 1
	echo 2M >$sys/mem_limit
	sleep 2
	[[ $(bd bd_count) == 0 ]]
}

# Pages come, go, and are written, while the kernel wants memory all the time.
storm() {
	set_backing $below 64M
	echo 2M >$sys/mem_limit
	echo 1 >$sys/writeback
	count storm "$disk" --operations "$(fewer 60000)" --threads 4 --pages 2048 --seed 7 &
	while kill -0 $! 2>/dev/null; do
		want_memory
		sleep 0.2
	done
	wait $!
	cat $sys/bd_stat
	(($(stat_of written_back) > 100 && $(bd bd_reads) > 100))
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

case_of "the kernel wants memory: old pages leave, unwritten" kernel_wants_memory
case_of "what was asked for stays" young_stay
case_of "writeback_limit is spent: pages leave that were written" limit_is_spent
case_of "writeback is off: none leave" switched_off
case_of "pages come and go while the kernel wants memory" storm
