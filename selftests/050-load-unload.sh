#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# 1,000 loads and unloads leave nothing behind.
# guest: CPUS=1
# timeout: 900
# long
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
cycles=1000
! is_debug_kernel || cycles=20
module=$scratch/tmem.ko

# In KiB or pages, as the kernel has them; caches that it may drop at will are dropped.
usage() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	awk '/^(VmallocUsed|Percpu|KernelStack):/ { print $1 $2 }' /proc/meminfo
	awk '/^nr_zspages|^nr_zs/ { print $1 ":" $2 }' /proc/vmstat
	# Free pages, and those that wait in the CPUs' lists: up to some MiB, which MemFree leaves out.
	echo "free:$(awk '$1 == "nr_free_pages" { pages += $2 } $1 == "count:" { pages += $2 } END { print 4 * pages }' /proc/zoneinfo)"
	echo "modules:$(wc -l </proc/modules)"
	echo "majors:$(wc -l </proc/devices)"
	echo "disks:$(find /sys/block /sys/class/bdi -mindepth 1 -maxdepth 1 | wc -l)"
}

# A line `NAME OBJECTS` for each slab cache, those the CPUs keep for themselves not counted.
slabs() {
	local cache
	for cache in /sys/kernel/slab/*; do
		[[ -L $cache ]] || echo 1 >"$cache/shrink"
	done
	awk 'NR > 2 { print $1, $2 }' /proc/slabinfo | sort
}

value() {
	sed -n "s/^$1://p" "$2"
}

run() {
	tmem-test reload "$module" tmem --cycles "$1" --parameters "disksize=64M"
}

# The kernel spends much of the time of a load on type information.
loads_and_unloads() {
	unload
	objcopy -R .BTF -R .BTF.base "$(modinfo -n tmem)" "$module"
	# The first ones fill the kernel's own pools.
	run $((cycles / 20))
	usage >"$scratch/before"
	slabs >"$scratch/slabs-before"
	run $cycles
	usage >"$scratch/after"
	slabs >"$scratch/slabs-after"
}

unchanged() {
	local name
	for name in modules majors disks nr_zspages; do
		[[ $(value "$name" "$scratch/before") == "$(value "$name" "$scratch/after")" ]]
	done
}

# The kernel's own threads come and go.
no_thread_stays() {
	fails grep -l tmem /proc/[0-9]*/comm
}

# A page leaked by each cycle would be 4,000 KiB.
memory_is_back() {
	local name
	paste "$scratch/before" "$scratch/after"
	for name in VmallocUsed Percpu KernelStack; do
		(($(value "$name" "$scratch/after") - $(value "$name" "$scratch/before") < 200))
	done
	(($(value free "$scratch/before") - $(value free "$scratch/after") < 1500))
}

# An object leaked by every fifth cycle is seen; what else goes on in the guest makes some dozens.
slabs_are_as_before() {
	diff <(cut -d ' ' -f 1 "$scratch/slabs-before") <(cut -d ' ' -f 1 "$scratch/slabs-after")
	join "$scratch/slabs-before" "$scratch/slabs-after" |
		awk -v most=$((cycles / 5)) '$3 - $2 > most { print; leaks = 1 } END { exit leaks }'
}

works_after_that() {
	modprobe tmem disksize=64M
	tmem-test fill "$disk" --count 1000
	tmem-test verify "$disk" --count 1000
}

case_of "$cycles loads and unloads" loads_and_unloads
case_of "no module, number or disk stays" unchanged
case_of "no thread stays" no_thread_stays
# The debug kernel keeps freed memory back, and finds what is lost by itself.
if ! is_debug_kernel; then
	case_of "no memory stays" memory_is_back
	case_of "each slab cache holds what it held" slabs_are_as_before
fi
case_of "the next load works" works_after_that
