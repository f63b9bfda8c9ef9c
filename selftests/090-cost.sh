#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A page written and read costs no more instructions than zram's with lz4, in the same boot, whatever it holds.
# kernel: stock
# guest: ICOUNT=1 CPUS=1
# timeout: 300
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/zram.sh
. "${0%/*}/lib/zram.sh"
size_zram 64M
set_size 64M
# What the boot left to do is counted, too.
sleep 5

# costs_no_more CLASS LIMIT: in thousandths of zram's. The goal is 1000: this keeps what there is of it.
# The figures go to the log, whatever comes of them. Two boots differ by half a hundredth (qemu/guest --help).
costs_no_more() {
	local class=$1 limit=$2 operation ours theirs dearer=()
	count cost /dev/zram0 --class "$class"
	cp "$scratch/counts" "$scratch/theirs"
	count cost "$disk" --class "$class"
	for operation in write again read; do
		ours=$(counted $operation)
		theirs=$(sed -n "s/^$operation=//p" "$scratch/theirs")
		printf '# %-7s %-5s instructions a page: tmem %6d, zram-lz4 %6d: %d.%03d\n' "$class" $operation "$ours" "$theirs" \
			$((ours / theirs)) $((ours * 1000 / theirs % 1000)) >>"$scratch/table"
		((ours * 1000 <= theirs * limit)) || dearer+=("$operation")
	done
	[[ ${#dearer[@]} == 0 ]]
}

case_of "a page of class pattern" costs_no_more pattern 1005
# Any word: most that fill pages have fewer than 64 bits, and need no record (rust/store/content.rs).
case_of "a page of class word" costs_no_more word 1130
case_of "a page of class text" costs_no_more text 1005
case_of "a page of class half" costs_no_more half 1005
case_of "a page of class random" costs_no_more random 1005
cat "$scratch/table"
