#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Each single allocation of each operation fails in turn: the operation says so or does without, and nothing is lost.
# kernel: debug
# guest: MEM=768
# dmesg: page allocation failure
# dmesg: Call Trace
# timeout: 800
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/failing.sh
. "${0%/*}/lib/failing.sh"

# sites OPERATION...: and there must be some, or nothing was tested.
sites() {
	count sites "$@"
	(($(counted sites) > 0))
}

loading() {
	unload
	sites load "$(modinfo -n tmem)" tmem 'disksize=64M' --absent /sys/module/tmem --absent "$disk" --absent /sys/kernel/tmem
	modprobe tmem
}

a_size() {
	echo 1 >$sys/reset
	sites write $sys/disksize 512M --undo $sys/reset 1 --holds $sys/disksize 0 --holds $sys/initstate 0
}

a_disk_more() {
	sites read $control/hot_add --undo $control/hot_remove % --absent /sys/block/tmem1 --absent /dev/tmem1
}

pages() {
	set_size 64M
	count sites pages "$disk" --count 400
	(($(counted sites) > 100))
	[[ $(counted error_ENOSPC) == $(($(counted sites) - $(counted survived))) ]]
	[[ $(stat_of pages) == 400 ]]
}

# What makes room and what makes an end must not need any: every allocation fails.
without_any() {
	set_size 64M
	tmem-test fill "$disk" --count 500
	[[ $(<$control/hot_add) == 1 ]]
	fail_allocations 100
	echo 64M >$sys/mem_limit
	echo 1 >$sys/reset
	echo 1 >$control/hot_remove
	fail_allocations 0
	[[ $(stat_of pages) == 0 && $(echo /sys/block/tmem*) == "$sys" ]]
}

settings() {
	local file
	for file in $sys/comp_algorithm /sys/kernel/tmem/codec; do
		count sites write "$file" lz4
		grep -F '[lz4]' "$file"
	done
	count sites write /sys/kernel/tmem/max_bytes 64M
	for file in $sys/{mm_stat,io_stat,disksize,mem_limit} "$stats"/*; do
		count sites read "$file"
	done
}

case_of "insmod" loading
case_of "disksize" a_size
case_of "hot_add" a_disk_more
case_of "pages are written and read" pages
case_of "reset, hot_remove and mem_limit need no memory" without_any
case_of "settings and figures" settings
