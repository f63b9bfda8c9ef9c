# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests that stand beside zram, after test.sh: its one disk is there until the test ends, without a size.
requires modinfo zram -- "this kernel has no zram"
modprobe zram num_devices=1
zram=/sys/block/zram0

clean_up() {
	echo 1 >$zram/reset
	rmmod zram
}

# size_zram SIZE: the codec is lz4.
size_zram() {
	echo lz4 >$zram/comp_algorithm
	echo "$1" >$zram/disksize
}
