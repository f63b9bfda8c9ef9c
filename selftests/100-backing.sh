#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A disk below the swap disk: what the pool refuses is there at the same offset, and every page is found wherever it is.
# guest: DISK=512M,8M
# slow
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/backing.sh
. "${0%/*}/lib/backing.sh"

none_at_first() {
	echo 1 >$sys/reset
	[[ $(<$sys/backing_dev) == none ]]
	set_size 16M
	[[ $(bd bd_count) == 0 && $(wc -w <$sys/bd_stat) == 3 ]]
}

says_which() {
	set_backing $below 64M
	[[ $(<$sys/backing_dev) == "$below" ]]
	echo 1 >$sys/reset
	[[ $(<$sys/backing_dev) == none ]]
}

# 4096 pages that do not compress, of which a quarter finds room.
refused_pages_go_down() {
	set_backing $below 64M
	echo 4M >$sys/mem_limit
	tmem-test fill "$disk" --count 4096 --class random --seed 3
	cat $sys/bd_stat $sys/mm_stat $sys/io_stat
	[[ $(io failed_writes) == 0 ]]
	between 3000 "$(bd bd_count)" 3400
	[[ $(bd bd_writes) == "$(bd bd_count)" && $(bd bd_reads) == 0 ]]
	[[ $(($(stat_of pages) + $(bd bd_count))) == 4096 ]]
}

are_found_again() {
	tmem-test verify "$disk" --count 4096 --class random --seed 3
	[[ $(bd bd_reads) == "$(bd bd_count)" && $(io failed_reads) == 0 ]]
}

# What the disk below has there is the page itself.
at_the_same_offset() {
	local page
	for page in 2000 3000 4095; do
		cmp <(dd if="$disk" bs=4096 skip=$page count=1 iflag=direct) <(dd if=$below bs=4096 skip=$page count=1 iflag=direct)
	done
}

# Requests of many pages, of which some are in the pool: every second page was put there after the rest had gone down.
mixed_requests() {
	local page
	echo 0 >$sys/mem_limit
	for page in 0 2 4 5 9 14 30 31 32 33 60 62; do
		tmem-test fill "$disk" --first $((2000 + page)) --count 1 --class random --seed 3
	done
	tmem-test verify "$disk" --first 1900 --count 1024 --class random --seed 3 --request 256
	tmem-test verify "$disk" --count 4096 --class random --seed 3 --request 512
	[[ $(io failed_reads) == 0 ]]
}

whole_requests() {
	set_backing $below 64M
	echo 1M >$sys/mem_limit
	tmem-test fill "$disk" --count 4096 --class random --seed 8 --request 64
	[[ $(($(stat_of pages) + $(bd bd_count))) == 4096 && $(($(bd bd_count) % 64)) == 0 ]]
	tmem-test verify "$disk" --count 4096 --class random --seed 8 --request 100
}

overwriting() {
	tmem-test fill "$disk" --first 1000 --count 500 --class word --seed 4
	tmem-test fill "$disk" --first 1200 --count 100 --class random --seed 5
	tmem-test verify "$disk" --first 1000 --count 200 --class word --seed 4 --request 10
	tmem-test verify "$disk" --first 1200 --count 100 --class random --seed 5 --request 10
	tmem-test verify "$disk" --first 1300 --count 200 --class word --seed 4 --request 10
	[[ $(($(stat_of pages) + $(bd bd_count))) == 4096 ]]
}

discarding() {
	blkdiscard -o $((1000 * 4096)) -l $((2000 * 4096)) "$disk"
	tmem-test verify "$disk" --first 1000 --count 2000 --empty --request 64
	tmem-test verify "$disk" --count 1000 --class random --seed 8 --request 64
	tmem-test verify "$disk" --first 3000 --count 1096 --class random --seed 8 --request 64
	[[ $(($(stat_of pages) + $(bd bd_count))) == 2096 ]]
	blkdiscard "$disk"
	[[ $(bd bd_count) == 0 && $(stat_of pages) == 0 ]]
	tmem-test verify "$disk" --count 4096 --empty
}

storm() {
	set_backing $below 64M
	echo 1M >$sys/mem_limit
	count storm "$disk" --operations "$(fewer 60000)" --threads 4 --pages 2048 --seed 7
	cat $sys/bd_stat
	(($(bd bd_writes) > 1000 && $(bd bd_reads) > 1000))
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

in_pieces() {
	set_backing $below 16M
	echo 4K >$sys/mem_limit
	tmem-test pieces "$disk"
	tmem-test cached "$disk"
	(($(bd bd_writes) > 100))
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

statistics_add_up() {
	local before after
	set_backing $below 64M
	echo 1M >$sys/mem_limit
	before=$(<$sys/stat)
	tmem-test fill "$disk" --count 2048 --class random --seed 3 --request 16
	echo 0 >$sys/mem_limit
	for page in {1000..1030..3}; do
		tmem-test fill "$disk" --first "$page" --count 1 --class random --seed 3
	done
	tmem-test verify "$disk" --count 2048 --class random --seed 3 --request 16
	after=$(<$sys/stat)
	# Sectors read and written, and requests on their way.
	[[ $(($(awk '{ print $3 }' <<<"$after") - $(awk '{ print $3 }' <<<"$before"))) == $((2048 * 8)) ]]
	[[ $(($(awk '{ print $7 }' <<<"$after") - $(awk '{ print $7 }' <<<"$before"))) == $(((2048 + 11) * 8)) ]]
	[[ $(awk '{ print $9 }' <<<"$after") == 0 ]]
}

swapping() {
	swap_over $below 256M
	echo 4M >$sys/mem_limit
	count memory --mib "$(fewer 40)" --class random --threads 2 --page-out --rounds 2
	cat $sys/bd_stat $sys/io_stat
	(($(bd bd_writes) > $(fewer 8000) && $(bd bd_reads) > $(fewer 8000)))
	[[ $(io failed_writes) == 0 && $(io failed_reads) == 0 ]]
	# Only the header is left.
	[[ $(($(stat_of pages) + $(bd bd_count))) == 1 ]]
	swap_off
}

swapping_huge_pages() {
	echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
	swap_over $below 256M
	echo 4M >$sys/mem_limit
	count memory --kind huge --mib "$(fewer 40)" --class random --page-out --rounds 2
	(($(bd bd_writes) > $(fewer 8000)))
	[[ $(io failed_writes) == 0 && $(io failed_reads) == 0 ]]
	swap_off
}

swapoff_brings_it_back() {
	local pid
	swap_over $below 256M
	echo 4M >$sys/mem_limit
	tmem-test memory --mib "$(fewer 40)" --class random --page-out --seconds 4 --rounds 1 &
	pid=$!
	until (($(bd bd_count) > $(fewer 4000))); do sleep 0.1; done
	swap_off
	wait "$pid"
	(($(bd bd_reads) > $(fewer 2000)))
}

nothing_is_left() {
	echo 1 >$sys/reset
	gauges_are_zero
	set_backing $below 64M
	unload
	# Nobody has it any more.
	mkswap -q $below
	swapon $below
	swapoff $below
	modprobe tmem
}

case_of "none at first, and after a reset" none_at_first
case_of "backing_dev says which it is" says_which
case_of "what the pool refuses goes down, and only that" refused_pages_go_down
case_of "every page is found again" are_found_again
case_of "at the same offset" at_the_same_offset
case_of "requests of which some pages are in the pool" mixed_requests
case_of "a request of which a page is refused goes down whole" whole_requests
case_of "pages are overwritten here and there" overwriting
case_of "discarded pages are gone here and there" discarding
case_of "write, read, overwrite, discard and zero pages at random" storm
case_of "memory in pieces, and through the page cache" in_pieces
case_of "the disk's statistics add up" statistics_add_up
case_of "memory goes there and comes back, whole" swapping
case_of "huge pages, too" swapping_huge_pages
case_of "swapoff brings back what is below" swapoff_brings_it_back
case_of "nothing is left, and the disk below is free" nothing_is_left
