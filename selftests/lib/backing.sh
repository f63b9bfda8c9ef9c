# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2086,SC2154 # names of lib/tmem.sh
# Sourced by the tests of a swap disk that has another disk below it.

# The guest's extra disk.
below=/dev/vda

# set_backing DISK SIZE: tmem0 afresh, of that size, over that disk, to which only refused pages go.
set_backing() {
	echo 1 >$sys/reset
	echo 0 >$sys/writeback
	echo 0 >$sys/writeback_incompressible
	echo "$1" >$sys/backing_dev
	echo "$2" >$sys/disksize
}

# bd NAME [SYS]: a figure of bd_stat, in pages.
bd() {
	local names=(- bd_count bd_reads bd_writes)
	field "$(index_of "$1" "${names[@]}")" "${2:-$sys}/bd_stat"
}

# swap_over DISK SIZE: as set_backing, and swap on it.
swap_over() {
	swapoff -a
	set_backing "$1" "$2"
	mkswap -q "$disk"
	echo 0 >/proc/sys/vm/page-cluster
	swapon -p 100 "$disk"
}

# wrote PAGES: so many or more, in the background.
wrote() {
	(($(stat_of written_back) >= $1))
}
