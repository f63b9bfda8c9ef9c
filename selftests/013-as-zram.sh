#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Every control file that zram has as well does what zram's does, side by side with a zram device.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/zram.sh
. "${0%/*}/lib/zram.sh"

# both TEXT FILE: the same write to both; says what both gave, or fails if they differ.
both() {
	local ours theirs
	ours=$(writing "$1" "$sys/$2")
	theirs=$(writing "$1" "$zram/$2")
	[[ $ours == "$theirs" ]]
	echo "$ours"
}

# both_read FILE: the same content.
both_read() {
	[[ $(<"$sys/$1") == "$(<"$zram/$1")" ]]
}

start_again() {
	echo 1 >$sys/reset
	echo 1 >$zram/reset
	echo lz4 >$zram/comp_algorithm
}

sizes() {
	local size
	for size in 512M 1g 64k 4096 4097 1 100000; do
		start_again
		[[ $(both "$size" disksize) == ok ]]
		both_read disksize
		both_read initstate
		[[ $(both 1M disksize) == EBUSY ]]
		both_read disksize
	done
	start_again
	[[ $(both 0 disksize) == EINVAL && $(both nonsense disksize) == EINVAL ]]
	both_read initstate
}

resets() {
	start_again
	[[ $(both 1 reset) == ok ]]
	[[ $(both 16M disksize) == ok ]]
	[[ $(both 0 reset) == EINVAL && $(both x reset) == EINVAL ]]
	(
		exec 8<>/dev/tmem0 9<>/dev/zram0
		[[ $(both 1 reset) == EBUSY ]]
	)
	both_read disksize
	[[ $(both 1 reset) == ok ]]
	both_read disksize
}

limits() {
	local limit
	start_again
	[[ $(both 16M disksize) == ok ]]
	for limit in 8M 0 5000 1K 3m; do
		[[ $(both "$limit" mem_limit) == ok ]]
		[[ $(mm mem_limit) == "$(mm mem_limit $zram)" ]]
	done
	[[ $(both 1 reset) == ok ]]
	[[ $(mm mem_limit) == "$(mm mem_limit $zram)" ]]
}

algorithms() {
	start_again
	[[ $(both none comp_algorithm) == EINVAL ]]
	[[ $(both lz4 comp_algorithm) == ok ]]
	[[ $(<$sys/comp_algorithm) == *'[lz4]'* && $(<$zram/comp_algorithm) == *'[lz4]'* ]]
	[[ $(both 16M disksize) == ok ]]
	[[ $(both lz4 comp_algorithm) == EBUSY ]]
}

# The same pages in both: what does not depend on the encoder is equal.
figures() {
	local name
	start_again
	[[ $(both 16M disksize) == ok ]]
	tmem-test fill /dev/tmem0 --count 2000 --class mixed
	tmem-test fill /dev/zram0 --count 2000 --class mixed
	tmem-test verify /dev/zram0 --count 2000 --class mixed
	[[ $(wc -w <$sys/mm_stat) == $(wc -w <$zram/mm_stat) && $(wc -w <$sys/io_stat) == $(wc -w <$zram/io_stat) ]]
	for name in orig_data_size same_pages huge_pages huge_pages_since mem_limit; do
		[[ $(mm "$name") == "$(mm "$name" $zram)" ]]
	done
	# Another encoder: within a tenth.
	for name in compr_data_size mem_used_total mem_used_max; do
		between $(($(mm "$name" $zram) * 9 / 10)) "$(mm "$name")" $(($(mm "$name" $zram) * 11 / 10))
	done
}

after_discard() {
	local name
	blkdiscard -o 0 -l 4M /dev/tmem0
	blkdiscard -o 0 -l 4M /dev/zram0
	for name in orig_data_size same_pages huge_pages; do
		[[ $(mm "$name") == "$(mm "$name" $zram)" ]]
	done
	[[ $(io notify_free) == "$(io notify_free $zram)" ]]
}

high_water_mark() {
	[[ $(both 1 mem_used_max) == EINVAL && $(both x mem_used_max) == EINVAL ]]
	(($(mm mem_used_max) > $(mm mem_used_total)))
	[[ $(both 0 mem_used_max) == ok ]]
	[[ $(mm mem_used_max) == "$(mm mem_used_total)" ]]
	[[ $(mm mem_used_max $zram) == "$(mm mem_used_total $zram)" ]]
}

after_reset() {
	start_again
	[[ $(<$sys/mm_stat) == "$(<$zram/mm_stat)" ]]
	both_read disksize
	both_read initstate
}

hot_add_and_remove() {
	local theirs=/sys/class/zram-control file
	for file in hot_add hot_remove; do
		[[ $(stat -c %a "$control/$file") == "$(stat -c %a "$theirs/$file")" ]]
	done
	[[ $(<$control/hot_add) == "$(<$theirs/hot_add)" ]]
	for file in 1 1 x -1; do
		[[ $(writing "$file" $control/hot_remove) == "$(writing "$file" $theirs/hot_remove)" ]]
	done
}

disk_limits() {
	local file
	for file in logical_block_size physical_block_size hw_sector_size minimum_io_size optimal_io_size discard_granularity \
		stable_writes rotational; do
		both_read "queue/$file"
	done
}

case_of "disksize: suffixes, rounding, busy once set" sizes
case_of "reset: only when closed, takes the size away" resets
case_of "mem_limit: suffixes, rounding, gone after a reset" limits
case_of "comp_algorithm: only before the size" algorithms
case_of "mm_stat and io_stat after the same writes" figures
case_of "mm_stat and io_stat after the same discards" after_discard
case_of "mem_used_max starts anew on 0, and takes nothing else" high_water_mark
case_of "all is as new after a reset" after_reset
case_of "hot_add and hot_remove" hot_add_and_remove
case_of "the block layer's limits" disk_limits
