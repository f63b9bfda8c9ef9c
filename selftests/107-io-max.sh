#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Pages that go to the disk below in the background are written as their cgroup's: io.stat has them there, and io.max holds.
# guest: DISK=512M,8M
# slow
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/backing.sh
. "${0%/*}/lib/backing.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"
number=$(<"/sys/block/${below##*/}/dev")
pages=2048

clean_up() {
	local group
	for group in one two; do
		end_of $group
		remove_cgroup $group
	done
	swapoff -a
	echo 1 >$sys/reset
}

# Bytes that a cgroup wrote to the disk below.
written_by() {
	sed -n "s/^$number .*wbytes=\([0-9]*\).*/\1/p" "$(group_of "$1")/io.stat"
}

# All its pages in the pool, none below.
set_up() {
	echo +io >/sys/fs/cgroup/cgroup.subtree_control
	swap_over $below 256M
	make_cgroup one max
	swap_out one $((pages / 256)) random
	(($(value_of one pages) > pages * 9 / 10 && $(stat_of written_back) == 0))
	[[ -z $(written_by one) || $(written_by one) == 0 ]]
}

# Writing goes on for as long as there is too much in the pool.
goes_back() {
	echo $(($1 * 4096)) >$sys/mem_limit
	echo 1 >$sys/writeback
}

are_its_own() {
	local written
	goes_back $((pages / 2))
	within 20 wrote $((pages / 3))
	echo 0 >$sys/writeback
	sleep 1
	written=$(stat_of written_back)
	cat "$(group_of one)/io.stat" $sys/bd_stat
	# But for the header of the swap disk, which is nobody's.
	within 5 has_written_about $((written * 4096))
	[[ $(value_of one written_back_bytes) == $((written * 4096)) || $(value_of one written_back_bytes) == $(((written - 1) * 4096)) ]]
}

has_written_about() {
	(($(written_by one) >= $1 - 4096 && $(written_by one) <= $1))
}

# At 128 KiB a second: 32 pages, and what the first moment lets through.
are_held_back() {
	local before
	echo "$number wbps=131072" >"$(group_of one)/io.max"
	before=$(stat_of written_back)
	goes_back $((pages / 8))
	sleep 5
	echo "$(($(stat_of written_back) - before)) pages in 5 s"
	(($(stat_of written_back) - before > $(fewer 32) && $(stat_of written_back) - before < 5 * 32 + 100))
	echo "$number wbps=max" >"$(group_of one)/io.max"
	within 10 wrote $((before + pages / 4))
}

# One is to give up its pages first, and held back so that a batch of them takes four seconds.
hold_up_nobody() {
	local before
	echo 0 >$sys/writeback
	echo 0 >$sys/mem_limit
	swap_out one 16 random
	make_cgroup two max
	swap_out two 4 random
	echo 1 >"$(directory_of one)/weight"
	echo "$number wbps=32768" >"$(group_of one)/io.max"
	before=$(value_of two written_back_bytes)
	goes_back $((pages / 16))
	sleep 20
	echo "$((($(value_of two written_back_bytes) - before) / 4096)) pages in 20 s"
	(($(value_of two written_back_bytes) - before > 512 * 4096))
	echo "$number wbps=max" >"$(group_of one)/io.max"
}

case_of "a cgroup has pages in the pool" set_up
case_of "those that are written back are its own writes" are_its_own
case_of "and as slow as its io.max" are_held_back
case_of "which holds up nobody else" hold_up_nobody
