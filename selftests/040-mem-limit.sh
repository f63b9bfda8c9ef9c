#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# mem_limit: what is over it is refused as a full disk, nothing accepted is lost, and room made is room again.
# smoke
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
limit=$((4 << 20))
limit_pages=$((limit / 4096))

fills_up() {
	set_size 64M
	echo $limit >$sys/mem_limit
	count exhaust "$disk" --class random --refusals 3000
	[[ $(counted error_ENOSPC) == 3000 ]]
	between $((limit_pages * 9 / 10)) "$(counted accepted)" "$limit_pages"
}

counts_it() {
	[[ $(stat_of puts_refused) == 3000 && $(io failed_writes) == 3000 ]]
	[[ $(stat_of pages) == "$(counted accepted)" ]]
	(($(mm mem_used_total) <= limit && $(mm mem_used_max) <= limit))
	[[ $(mm mem_limit) == "$limit" ]]
}

refuses_early() {
	# Most of 3,000 attempts in a row fail before they cost anything.
	(($(stat_of puts_refused_early) > 1500))
	(($(stat_of refused_usec) > 0))
}

zeroes_need_no_room() {
	tmem-test fill "$disk" --first 8000 --count 500 --class word
	tmem-test verify "$disk" --first 8000 --count 500 --class word
}

room_is_room() {
	blkdiscard "$disk"
	tmem-test fill "$disk" --count 800 --class random --seed 4
	tmem-test verify "$disk" --count 800 --class random --seed 4
}

lower_than_what_is_held() {
	echo 1M >$sys/mem_limit
	tmem-test verify "$disk" --count 800 --class random --seed 4
	fails tmem-test fill "$disk" --first 4000 --count 1 --class random
	# What is refused leaves what was there.
	fails tmem-test fill "$disk" --first 5 --count 1 --class random --seed 9
	tmem-test verify "$disk" --first 5 --count 1 --class random --seed 4
	echo 0 >$sys/mem_limit
	tmem-test fill "$disk" --first 4000 --count 1000 --class random
	tmem-test verify "$disk" --first 4000 --count 1000 --class random
}

overwriting_when_full() {
	set_size 64M
	echo $limit >$sys/mem_limit
	tmem-test exhaust "$disk" --class text --refusals 10 >"$scratch/counts"
	# Give back a little, or even the first page of a new size class may not fit.
	blkdiscard -o 0 -l 1M "$disk"
	tmem-test fill "$disk" --first 256 --count 32 --class text --seed 77
	tmem-test verify "$disk" --first 256 --count 32 --class text --seed 77
}

case_of "writes are refused as on a full disk; all that was accepted is whole" fills_up
case_of "the limit holds, and every refusal is counted" counts_it
case_of "recent refusals fail before they compress" refuses_early
case_of "pages of one word need no room" zeroes_need_no_room
case_of "what is discarded is room again" room_is_room
case_of "a limit lower than what is held loses nothing" lower_than_what_is_held
case_of "pages can be overwritten after a little was given back" overwriting_when_full
