#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Any stored byte that is damaged gives an I/O error or the right page, whatever the codec and the content.
# dmesg: tmem0?: .*(damaged|corrupt|checksum)
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
requires test -e /sys/kernel/debug/tmem/corrupt -- "there is no debugfs"

# every_byte CODEC CLASS PAGES LEAST: at least so many bytes are stored of them.
every_byte() {
	echo 1 >$sys/reset
	echo "$1" >$sys/comp_algorithm
	echo 16M >$sys/disksize
	count damage "$disk" --class "$2" --count "$3"
	(($(counted bytes) >= $4 && $(counted errors) == $(counted bytes)))
	[[ $(stat_of corrupt_pages) == "$(counted errors)" ]]
}

case_of "lz4, text" every_byte lz4 text 2 2600
case_of "lz4, half random" every_byte lz4 half 1 2048
case_of "lz4, a few bytes" every_byte lz4 sparse 20 200
case_of "zstd, text" every_byte zstd text 2 1200
case_of "zstd, half random" every_byte zstd half 1 2048
case_of "zstd, a few bytes" every_byte zstd sparse 20 200
case_of "raw, because it does not compress" every_byte zstd random 1 4096
case_of "raw, by choice" every_byte raw text 1 4096
