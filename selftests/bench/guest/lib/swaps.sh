# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the parts of the benchmark, after stores.sh: the stores as swaps, and zswap.

zswap=/sys/module/zswap/parameters
zswap_figures=/sys/kernel/debug/zswap
# shellcheck disable=SC2034 # for the parts
swap_bytes=$((64 << 20))

# As a container's pages.
enter_cgroup() {
	mkdir -p /sys/fs/cgroup/bench
	echo $$ >/sys/fs/cgroup/bench/cgroup.procs
	echo 0 >/proc/sys/vm/page-cluster
}

# swap_on STORE BYTES: it is the only swap.
swap_on() {
	case $1 in
	zswap-*)
		modprobe brd rd_nr=1 rd_size=$(($2 >> 10))
		disk=/dev/ram0
		zswap_on "${1#zswap-}" N 20
		;;
	*) store_on "$1" "$2" ;;
	esac
	mkswap -q "$disk"
	swapon -p 100 "$disk"
}

# zswap_on COMPRESSOR SHRINKER PERCENT: before any swap; PERCENT of memory at most.
zswap_on() {
	modprobe "$1" || true
	echo "$1" >$zswap/compressor
	echo "$2" >$zswap/shrinker_enabled
	echo "$3" >$zswap/max_pool_percent
	echo Y >$zswap/enabled
}

swap_off() {
	swapoff "$disk"
	case $1 in
	zswap-*)
		echo N >$zswap/enabled
		reached_no_disk
		rmmod brd
		;;
	*) store_off "$1" ;;
	esac
}

# No page went to the disk behind it.
reached_no_disk() {
	local name
	for name in written_back_pages reject_alloc_fail reject_compress_fail reject_kmemcache_fail pool_limit_hit; do
		[[ $(<$zswap_figures/$name) == 0 ]] || { progress "zswap: $name is $(<$zswap_figures/$name): pages went to the disk"; exit 1; }
	done
}
