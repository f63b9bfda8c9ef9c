#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Pages go to the disk below, and come back, when there is no memory left for anything.
# guest: MEM=256 DISK=512M
# long
# dmesg: Call Trace
# dmesg: page allocation failure: order:0, mode:.*__GFP_HIGH.*__GFP_NOMEMALLOC
# timeout: 300
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/backing.sh
. "${0%/*}/lib/backing.sh"
mib=72 rounds=1
! is_debug_kernel || mib=48 rounds=0
clean_up() {
	swapoff -a
	umount -q "$scratch/hoard" || true
}

# free_kib: what the machine has left.
free_kib() {
	event /proc/meminfo MemAvailable:
}

# Memory that cannot be swapped, until 24 MiB are left; the program below takes the rest.
little_is_left() {
	mkdir "$scratch/hoard"
	mount -t tmpfs -o noswap,size=90% hoard "$scratch/hoard"
	dd if=/dev/zero of="$scratch/hoard/file" bs=1M count=$((($(free_kib) - 24 * 1024) / 1024))
	echo 2048 >/proc/sys/vm/min_free_kbytes
	free -k
}

# Three times what is left, or, in the debug kernel, twice, and it is read once. The swap core says so when it finds no memory for a
# table of its own (above), and goes on.
all_goes_there() {
	swap_over $below 512M
	echo 1M >$sys/mem_limit
	little_is_left
	count memory --mib $mib --class random --threads 2 --rounds $rounds &
	while kill -0 $! 2>/dev/null; do
		event /proc/meminfo MemFree: >>"$scratch/free"
		sleep 0.2
	done
	wait $!
	sort -n "$scratch/free" | head -n 1
	(($(sort -n "$scratch/free" | head -n 1) < 8 * 1024))
	cat $sys/bd_stat
	(($(bd bd_writes) > $(fewer 10000) && $(bd bd_reads) > $(fewer 10000)))
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

gives_it_back() {
	umount "$scratch/hoard"
	swap_off
	machine_works
}

case_of "a program takes much more memory than is left" all_goes_there
case_of "and gives it back" gives_it_back
