#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A disk that is open, mounted or swapped on keeps its size, its contents, its place and its module.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

# refuses_all: each way to take the disk away, and what is left then is whole.
refuses_all() {
	local size
	size=$(<$sys/disksize)
	[[ $(writing 1 $sys/reset) == EBUSY ]]
	[[ $(writing 0 $control/hot_remove) == EBUSY ]]
	[[ $(writing 32M $sys/disksize) == EBUSY ]]
	[[ $(writing raw $sys/comp_algorithm) == EBUSY ]]
	fails rmmod tmem
	[[ $(<$sys/disksize) == "$size" && $(<$sys/initstate) == 1 && -b $disk ]]
}

while_open() {
	set_size 16M
	tmem-test fill "$disk" --count 512
	exec 9<"$disk"
	refuses_all
	tmem-test verify "$disk" --count 512
	exec 9<&-
}

while_mounted() {
	set_size 64M
	mkfs.ext4 -q "$disk"
	mkdir -p /mnt/tmem
	mount "$disk" /mnt/tmem
	refuses_all
	umount /mnt/tmem
	e2fsck -fn "$disk"
}

while_swapped_on() {
	swap_on 64M
	refuses_all
	tmem-test memory --mib 16 --page-out --rounds 1
	refuses_all
	swap_off
}

while_mapped() {
	set_size 16M
	dmsetup create tmem-test --table "0 32768 linear $disk 0"
	refuses_all
	dmsetup remove tmem-test
}

then_all_can_go() {
	set_size 16M
	[[ $(writing 1 $sys/reset) == ok && $(<$sys/disksize) == 0 ]]
	[[ $(writing 0 $control/hot_remove) == ok ]]
	rmmod tmem
	modprobe tmem
}

case_of "open" while_open
case_of "mounted" while_mounted
case_of "swapped on" while_swapped_on
case_of "under a device-mapper target" while_mapped
case_of "afterwards it can be reset, removed, and unloaded" then_all_can_go
