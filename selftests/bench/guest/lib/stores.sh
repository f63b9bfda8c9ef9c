# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # $disk is for the parts
# Sourced by the parts of the benchmark: the stores that are compared, as disks. All are in the same boot, one at a time.
#   tmem [dedup=off] [codec=raw] [codec=zstd], zram-lz4, zram-zstd
#   request: a disk of pages that are there (brd), for requests that copy a sector alone: what a request costs without a store.
#   null_blk takes more than some of those: its mode without queues is gone

tmem=/sys/kernel/tmem
zram=/sys/block/zram0
disk=

load_stores() {
	load_tmem
	modprobe zram num_devices=1
}

# What is measured is what a page costs when it comes and goes, but where a part says otherwise.
load_tmem() {
	modprobe tmem
	reset_tmem
	echo 0 >$tmem/recompress_idle_seconds
	awk '$1 == "MemTotal:" { print $2 "K" }' /proc/meminfo >$tmem/max_bytes
}

# store_on STORE BYTES: an empty one, which is $disk.
store_on() {
	local setting
	case $1 in
	request)
		modprobe brd rd_nr=1 rd_size=$(($2 >> 10))
		disk=/dev/ram0
		;;
	tmem*)
		for setting in ${1#tmem}; do
			echo "${setting#*=}" >"$tmem/${setting%=*}"
		done
		echo "$2" >/sys/block/tmem0/disksize
		disk=/dev/tmem0
		;;
	zram-*)
		echo "${1#zram-}" >$zram/comp_algorithm
		echo "$2" >$zram/disksize
		disk=/dev/zram0
		;;
	esac
}

# store_off STORE: nothing of it is left.
store_off() {
	case $1 in
	request) rmmod brd ;;
	tmem*) reset_tmem ;;
	zram-*) echo 1 >$zram/reset ;;
	esac
}

reset_tmem() {
	echo 1 >/sys/block/tmem0/reset
	echo cgroup >$tmem/dedup
	echo lz4 >$tmem/codec
}
