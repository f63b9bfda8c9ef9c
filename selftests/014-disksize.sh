#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A disk far larger than memory costs next to nothing until it is written.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

slots_are_cheap() {
	local before metadata slots=$(((1 << 40) / 4096))
	set_size 4K
	before=$(stat_of metadata_bytes)
	set_size 1T
	metadata=$(($(stat_of metadata_bytes) - before))
	echo "# a slot never written costs $metadata / $slots bytes"
	((metadata > 0 && metadata <= 16 * slots))
	[[ $(blockdev --getsize64 "$disk") == $((1 << 40)) ]]
}

# Not only by its own account.
memory_agrees() {
	local before after metadata
	echo 1 >$sys/reset
	before=$(event /proc/meminfo MemFree:)
	echo 1T >$sys/disksize
	after=$(event /proc/meminfo MemFree:)
	metadata=$(($(stat_of metadata_bytes) / 1024))
	# What an earlier disk held may not have gone back to the page allocator.
	((before - after <= metadata * 3 / 2 + 4096))
}

works_at_both_ends() {
	local last=$(((1 << 40) / 4096 - 256))
	set_size 1T
	tmem-test fill "$disk" --count 256 --seed 3
	tmem-test fill "$disk" --first "$last" --count 256 --seed 4
	tmem-test fill "$disk" --first 100000000 --count 256 --seed 5
	tmem-test verify "$disk" --count 256 --seed 3
	tmem-test verify "$disk" --first "$last" --count 256 --seed 4
	tmem-test verify "$disk" --first 100000000 --count 256 --seed 5
	tmem-test verify "$disk" --first 50000000 --count 256 --empty
	[[ $(stat_of pages) == 768 ]]
}

discards_all_of_it() {
	timeout 60 blkdiscard "$disk"
	[[ $(stat_of pages) == 0 && $(stat_of arena_bytes) == 0 ]]
}

odd_sizes_round_up() {
	set_size 10000
	[[ $(<$sys/disksize) == 12288 ]]
	tmem-test fill "$disk" --count 3
	tmem-test verify "$disk" --count 3
}

case_of "1 TiB: at most 16 bytes a slot that was never written" slots_are_cheap
case_of "1 TiB: free memory says the same" memory_agrees
case_of "1 TiB: first, last and middle pages" works_at_both_ends
case_of "1 TiB: discarded in one go" discards_all_of_it
case_of "a size is rounded up to pages" odd_sizes_round_up
