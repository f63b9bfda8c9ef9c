#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Huge pages go out whole, in one request each, and come back.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
huge=/sys/kernel/mm/transparent_hugepage
requires test -e $huge/enabled -- "this kernel has no huge pages"
echo madvise >$huge/enabled

whole_pages() {
	local out fallback requests
	swap_on 128M
	out=$(event /proc/vmstat thp_swpout)
	fallback=$(event /proc/vmstat thp_swpout_fallback)
	requests=$(field 5 $sys/stat)
	count memory --kind huge --mib 32 --class text --page-out --rounds 1
	out=$(($(event /proc/vmstat thp_swpout) - out))
	requests=$(($(field 5 $sys/stat) - requests))
	echo "# $out huge pages in $requests requests"
	((out >= 12 && $(event /proc/vmstat thp_swpout_fallback) - fallback <= 2))
	# 512 pages in one request: what was not whole aside.
	((requests < 16 * 512 / 4))
	[[ $(io failed_writes) == 0 ]]
}

mixed_content() {
	count memory --kind huge --mib 32 --class mixed --page-out --rounds 3
	(($(counted swapped_kib) > 20 * 1024))
	[[ $(stat_of pages) == 1 ]]
	swap_off
}

case_of "a huge page is one request" whole_pages
case_of "any content, overwritten in parts" mixed_content
