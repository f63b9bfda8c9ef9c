#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# disks= and disksize= make the disks they say, and nonsense loads nothing.
# dmesg: tmem: disksize=.* is no size
# dmesg: tmem: .* invalid for parameter
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

makes_two_disks() {
	load disks=2 disksize=64M
	[[ $(</sys/module/tmem/parameters/disks) == 2 ]]
	[[ $(</sys/module/tmem/parameters/disksize) == 64M ]]
	[[ $(blockdev --getsize64 /dev/tmem0) == $((64 << 20)) ]]
	[[ $(blockdev --getsize64 /dev/tmem1) == $((64 << 20)) ]]
	[[ ! -e /dev/tmem2 ]]
}

two_disks_are_two() {
	tmem-test fill /dev/tmem0 --count 512 --seed 1
	tmem-test fill /dev/tmem1 --count 512 --seed 2
	tmem-test verify /dev/tmem0 --count 512 --seed 1
	tmem-test verify /dev/tmem1 --count 512 --seed 2
	[[ $(stat_of pages) == 1024 ]]
	echo 1 >/sys/block/tmem0/reset
	[[ $(stat_of pages) == 512 ]]
	tmem-test verify /dev/tmem1 --count 512 --seed 2
}

size_can_wait() {
	load disksize=0
	[[ $(<$sys/initstate) == 0 && $(<$sys/disksize) == 0 ]]
	[[ $(blockdev --getsize64 "$disk") == 0 ]]
	echo 32M >$sys/disksize
	[[ $(<$sys/initstate) == 1 && $(<$sys/disksize) == $((32 << 20)) ]]
}

no_disk_at_all() {
	load disks=0
	[[ ! -e /sys/block/tmem0 ]]
	[[ $(<$control/hot_add) == 0 ]]
	[[ -b $disk ]]
}

loads_nothing() {
	unload
	fails modprobe tmem "$1"
	[[ ! -e /sys/module/tmem && ! -e /dev/tmem0 && ! -e /sys/kernel/tmem && ! -e $control ]]
}

case_of "disks=2 disksize=64M makes two of that size" makes_two_disks
case_of "two disks do not mix" two_disks_are_two
case_of "disksize=0 leaves the size for later" size_can_wait
case_of "disks=0 makes none" no_disk_at_all
for bad in disksize=nonsense disksize=-1 disksize= disksize=1.5G disksize=16E disksize=15E disks=-1 disks=x disks=4294967296; do
	case_of "$bad loads nothing" loads_nothing "$bad"
done
