#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What freeing a swap slot costs beside zram, with interrupts off; a huge page's worth costs no more than a million instructions.
# kernel: stock
# guest: ICOUNT=1 CPUS=1
# timeout: 300
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/slots.sh
. "${0%/*}/lib/slots.sh"
# shellcheck source=selftests/lib/zram.sh
. "${0%/*}/lib/zram.sh"
size_zram 64M
set_size 64M
pages=512
# What the boot left to do is counted, too.
sleep 5

# full DISK CLASS
full() {
	blkdiscard "$1"
	tmem-test fill "$1" --count $((8 * pages)) --class "$2"
}

# cost DISK CLASS: of a slot, the least of some rows: the first one touches all code for the first time.
cost() {
	local row least=$((1 << 40)) took
	full "$1" "$2" >/dev/null
	for row in {0..7}; do
		took=$(free_slots "$1" $((row * pages)) $pages)
		((took >= least)) || least=$took
	done
	echo $((least / pages))
}

# costs_little CLASS LIMIT: in percent of zram's. The goal is 150. Pages that have bytes meet it, those that compress so barely that
# another boot may count some instructions more; of the others zram has only a table's entry, without an account, and this keeps what
# was reached.
costs_little() {
	local ours theirs
	theirs=$(cost /dev/zram0 "$1")
	ours=$(cost "$disk" "$1")
	printf '# class %-7s instructions a slot: tmem %5d, zram %5d: %d.%02d\n' "$1" "$ours" "$theirs" $((ours / theirs)) \
		$((ours * 100 / theirs % 100)) >>"$scratch/table"
	[[ $(stat_of pages) == 0 ]]
	((ours * 100 <= theirs * $2 && ours * pages <= 1000000))
}

case_of "a page that compresses" costs_little text 152
case_of "a page that does not" costs_little random 135
case_of "a page of 32 bits again and again" costs_little pattern 190
# Any word: most that fill pages have fewer than 64 bits, and need no record (rust/store/content.rs).
case_of "a page of one word" costs_little word 315
cat "$scratch/table"
