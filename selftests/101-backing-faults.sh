#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A disk below that cannot be had, is too small, fails or vanishes: nothing is lost that was not on it, and counters show it.
# guest: DISK=512M,8M
# dmesg: Write-error on swap-device
# dmesg: Read-error on swap-device
# dmesg: I/O error, dev
# dmesg: Buffer I/O error on dev
# dmesg: device-mapper
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/backing.sh
. "${0%/*}/lib/backing.sh"
small=/dev/vdb
clean_up() {
	swapoff -a
	[[ ! -e /sys/module/tmem ]] || echo 1 >$sys/reset
	! dmsetup info tmem-faulty || dmsetup remove tmem-faulty
	[[ ! -e /sys/module/zram ]] || rmmod zram
}

# both WHAT: writing it to backing_dev gives the same here and with zram: says what.
both() {
	local ours theirs
	ours=$(writing "$1" $sys/backing_dev)
	theirs=$(writing "$1" /sys/block/zram0/backing_dev)
	[[ $ours == "$theirs" ]]
	[[ $(<$sys/backing_dev) == "$(</sys/block/zram0/backing_dev)" ]]
	echo "$ours"
}

what_cannot_be_had() {
	modprobe zram num_devices=1
	echo 1 >$sys/reset
	touch "$scratch/file"
	[[ $(both "$scratch/file") == ENOTBLK && $(both /dev/null) == ENOTBLK ]]
	[[ $(both /dev/nothing) == ENOENT && $(both "$scratch") == EISDIR ]]
	[[ $(both none) == ENOENT ]]
	mkswap -q $small
	swapon $small
	[[ $(both $small) == EBUSY ]]
	swapoff $small
	rmmod zram
}

# It has no pages while it has no size.
itself() {
	[[ $(writing /dev/tmem0 $sys/backing_dev) == EINVAL && $(<$sys/backing_dev) == none ]]
}

the_same_for_two() {
	local number
	set_backing $below 64M
	number=$(<$control/hot_add)
	[[ $(writing $below "/sys/block/tmem$number/backing_dev") == EBUSY ]]
	echo 1 >$sys/reset
	[[ $(writing $below "/sys/block/tmem$number/backing_dev") == ok ]]
	[[ $(writing $below $sys/backing_dev) == EBUSY && $(<$sys/backing_dev) == none ]]
	echo "$number" >$control/hot_remove
	[[ $(writing $below $sys/backing_dev) == ok ]]
}

set_twice() {
	echo 1 >$sys/reset
	[[ $(writing $below $sys/backing_dev) == ok && $(writing $small $sys/backing_dev) == ok ]]
	[[ $(<$sys/backing_dev) == "$small" ]]
	[[ $(writing $small $sys/backing_dev) == EBUSY && $(<$sys/backing_dev) == "$small" ]]
	# The first one is free.
	mkswap -q $below
	echo 64M >$sys/disksize
	[[ $(writing $below $sys/backing_dev) == EBUSY && $(<$sys/backing_dev) == "$small" ]]
}

# 2048 pages are below, and what comes after them has only the pool.
too_small() {
	set_backing $small 64M
	echo 64K >$sys/mem_limit
	tmem-test fill "$disk" --count 2048 --class random --seed 3
	fails tmem-test fill "$disk" --first 2048 --count 1 --class random --seed 3
	# Neither does one go down that is only partly there.
	fails tmem-test fill "$disk" --first 2040 --count 16 --request 16 --class random --seed 3
	[[ $(io failed_writes) == 2 ]]
	tmem-test verify "$disk" --count 2040 --class random --seed 3
	echo 0 >$sys/mem_limit
	tmem-test fill "$disk" --first 2040 --count 2000 --class random --seed 4
	tmem-test verify "$disk" --count 2040 --class random --seed 3 --request 64
	tmem-test verify "$disk" --first 2040 --count 2000 --class random --seed 4
}

# Nobody else maps disks here.
faulty=/dev/dm-0
sectors=$((256 << 11))

# it_is TARGET...: from now on.
it_is() {
	if dmsetup info tmem-faulty; then
		dmsetup suspend --noflush --nolockfs tmem-faulty
		dmsetup load tmem-faulty --table "0 $sectors $*"
		dmsetup resume tmem-faulty
	else
		dmsetup create tmem-faulty --table "0 $sectors $*"
	fi
}

works() {
	it_is linear $below 0
}

# What is in memory can be read whatever the disk below does, and only what is below cannot.
reads_fail() {
	works
	set_backing $faulty 64M
	echo 1M >$sys/mem_limit
	tmem-test fill "$disk" --count 1024 --class random --seed 3
	it_is error
	tmem-test verify "$disk" --count 200 --class random --seed 3
	fails dd if="$disk" of=/dev/null bs=4096 skip=1000 count=1 iflag=direct
	fails dd if="$disk" of=/dev/null bs=64k skip=40 count=1 iflag=direct
	[[ $(io failed_reads) == 2 ]]
	works
	tmem-test verify "$disk" --count 1024 --class random --seed 3
}

# What could not be written is not there, and what the disk has there is not shown.
writes_fail() {
	local failed
	it_is error
	fails tmem-test fill "$disk" --first 1000 --count 1 --class random --seed 5
	fails tmem-test fill "$disk" --first 2000 --count 8 --request 8 --class random --seed 5
	[[ $(io failed_writes) == 2 ]]
	works
	failed=$(io failed_reads)
	tmem-test verify "$disk" --count 1024 --class random --seed 3 --damaged 1000
	fails dd if="$disk" of=/dev/null bs=4096 skip=2003 count=1 iflag=direct
	(($(io failed_reads) > failed))
	tmem-test fill "$disk" --first 1000 --count 1 --class random --seed 3
	tmem-test fill "$disk" --first 2000 --count 8 --class random --seed 3
	tmem-test verify "$disk" --count 1024 --class random --seed 3
	tmem-test verify "$disk" --first 2000 --count 8 --class random --seed 3
}

# Pages stay in memory while the disk below takes none, and go there once it does.
swap_writes_fail() {
	local pid
	works
	swap_over $faulty 128M
	echo 64K >$sys/mem_limit
	it_is error
	tmem-test memory --mib 16 --class random --page-out --seconds 12 --rounds 1 &
	pid=$!
	until (($(io failed_writes) > 100)); do sleep 0.1; done
	# What is on its way counts as well.
	until (($(bd bd_count) == 0)); do sleep 0.1; done
	works
	until (($(bd bd_count) > 1000)); do sleep 0.1; done
	wait "$pid"
	swap_off
}

# A program whose page cannot be read gets a signal.
swap_reads_fail() {
	local status=0
	works
	swap_over $faulty 128M
	echo 64K >$sys/mem_limit
	tmem-test memory --mib 8 --class random --page-out --seconds 60 &
	until (($(bd bd_count) > 1000)); do sleep 0.1; done
	it_is error
	wait $! || status=$?
	((status == 128 + 7))
	(($(io failed_reads) >= 1))
	works
	swap_off
	echo 1 >$sys/reset
	dmsetup remove tmem-faulty
}

vanishes() {
	local device
	set_backing $small 8M
	echo 64K >$sys/mem_limit
	tmem-test fill "$disk" --count 1024 --class random --seed 3
	device=$(readlink -f /sys/block/vdb/device/..)
	echo 1 >"$device/remove"
	[[ ! -e /sys/block/vdb ]]
	tmem-test verify "$disk" --count 4 --class random --seed 3
	fails dd if="$disk" of=/dev/null bs=4096 skip=1000 count=1 iflag=direct
	fails tmem-test fill "$disk" --first 1000 --count 1 --class random --seed 5
	[[ $(io failed_reads) == 1 && $(io failed_writes) == 1 ]]
	cat $sys/backing_dev
	echo 1 >$sys/reset
	gauges_are_zero
	echo 1 >/sys/bus/pci/rescan
	until [[ -e $small ]]; do sleep 0.1; done
	set_backing $small 8M
}

case_of "what is no block device, or busy, is refused as zram refuses it" what_cannot_be_had
case_of "a disk is not below itself" itself
case_of "one disk is not below two" the_same_for_two
case_of "set twice: the second counts; after the size, none" set_twice
case_of "too small: what is past its end is refused" too_small
case_of "it fails reads: only what is there is lost" reads_fail
case_of "it fails writes: what was to be there is not shown" writes_fail
case_of "swap: it fails writes, and pages stay in memory" swap_writes_fail
case_of "swap: it fails reads, and the program gets SIGBUS" swap_reads_fail
case_of "it vanishes" vanishes
