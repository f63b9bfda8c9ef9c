#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Each single allocation of each operation fails in turn: the operation says so or does without, and nothing is lost.
# kernel: debug
# dmesg: page allocation failure
# dmesg: Call Trace
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/failing.sh
. "${0%/*}/lib/failing.sh"

# sites OPERATION... -- TEXT: the text runs after each attempt.
sites() {
	local operation=()
	while [[ $1 != -- ]]; do
		operation+=("$1")
		shift
	done
	count sites "${operation[@]}" --after "set -x; $2"
	# Or nothing was tested.
	(($(counted sites) > 0))
}

loading() {
	unload
	# shellcheck disable=SC2016 # the text's variables
	sites load "$(modinfo -n tmem)" 'disks=3 disksize=64M' -- '
		case $OUTCOME in
		ok) rmmod tmem ;;
		*) [[ ! -e /sys/module/tmem && ! -e /dev/tmem0 && ! -e /sys/kernel/tmem ]] ;;
		esac'
	modprobe tmem
}

a_size() {
	echo 1 >$sys/reset
	sites write $sys/disksize 512M -- "
		case \$OUTCOME in
		ok) [[ \$(<$sys/disksize) == $((512 << 20)) ]]; echo 1 >$sys/reset ;;
		*) [[ \$(<$sys/disksize) == 0 && \$(<$sys/initstate) == 0 ]] ;;
		esac"
}

a_disk_more() {
	sites read $control/hot_add -- "
		case \$OUTCOME in
		ok) echo \"\$SAID\" >$control/hot_remove ;;
		*) [[ \$(echo /sys/block/tmem*) == $sys ]] ;;
		esac"
}

pages() {
	set_size 64M
	count sites pages "$disk" --count 400
	(($(counted sites) > 100))
	[[ $(counted error_ENOSPC) == $(($(counted sites) - $(counted survived))) ]]
	[[ $(stat_of pages) == 400 ]]
}

# What makes room and what makes an end must not need any.
without_any() {
	set_size 64M
	tmem-test fill "$disk" --count 500
	count sites write $sys/mem_limit 64M
	[[ $(counted sites) == 0 ]]
	count sites write $sys/reset 1
	[[ $(counted sites) == 0 ]]
	[[ $(<$control/hot_add) == 1 ]]
	count sites write $control/hot_remove 1
	[[ $(counted sites) == 0 ]]
}

settings() {
	local file
	for file in $sys/comp_algorithm /sys/kernel/tmem/codec; do
		count sites write "$file" lz4 --after "grep -F '[lz4]' $file"
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
case_of "reset, hot_remove and mem_limit ask for no memory" without_any
case_of "settings and figures" settings
