#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# 1,000 loads and unloads leave nothing behind.
# guest: CPUS=1
# timeout: 900
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
cycles=1000

# In KiB or pages, as the kernel has them; caches that it may drop at will are dropped.
usage() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	awk '/^(MemFree|MemAvailable|SUnreclaim|VmallocUsed|Percpu|KernelStack|PageTables):/ { print $1 $2 }
		/^(AnonPages|Cached):/ { print $1 $2 }' /proc/meminfo
	awk '/^nr_zspages|^nr_zs/ { print $1 ":" $2 }' /proc/vmstat
	# Free pages, and those that wait in the CPUs' lists: up to some MiB, which MemFree leaves out.
	echo "free:$(awk '$1 == "nr_free_pages" { pages += $2 } $1 == "count:" { pages += $2 } END { print 4 * pages }' /proc/zoneinfo)"
	echo "modules:$(wc -l </proc/modules)"
	echo "majors:$(wc -l </proc/devices)"
	echo "disks:$(find /sys/block /sys/class/bdi -mindepth 1 -maxdepth 1 | wc -l)"
}

value() {
	sed -n "s/^$1://p" "$2"
}

run() {
	tmem-test reload "$(modinfo -n tmem)" tmem --cycles "$1" --parameters "disksize=64M"
}

loads_and_unloads() {
	unload
	# The first ones fill the kernel's own pools.
	run 100
	usage >"$scratch/before"
	run $cycles
	usage >"$scratch/after"
}

unchanged() {
	local name
	for name in modules majors disks nr_zspages; do
		[[ $(value "$name" "$scratch/before") == "$(value "$name" "$scratch/after")" ]]
	done
}

# A page leaked by each cycle would be 4,000 KiB, an allocation of 256 bytes 250 KiB.
memory_is_back() {
	local name
	paste "$scratch/before" "$scratch/after"
	for name in SUnreclaim VmallocUsed Percpu KernelStack; do
		(($(value "$name" "$scratch/after") - $(value "$name" "$scratch/before") < 200))
	done
	(($(value free "$scratch/before") - $(value free "$scratch/after") < 1500))
}

works_after_that() {
	modprobe tmem disksize=64M
	tmem-test fill "$disk" --count 1000
	tmem-test verify "$disk" --count 1000
}

case_of "$cycles loads and unloads" loads_and_unloads
case_of "no module, number or disk stays" unchanged
case_of "no memory stays" memory_is_back
case_of "the next load works" works_after_that
