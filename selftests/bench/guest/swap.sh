#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Instructions for a page of a program that the kernel swaps out, and for one that is touched again. For a guest with ICOUNT=1 CPUS=1.
# One swap at a time, each without readahead. zswap has a disk behind it, which nothing reaches.
# shellcheck source=selftests/bench/guest/lib/figures.sh
. "${0%/*}/lib/figures.sh"
# shellcheck source=selftests/bench/guest/lib/stores.sh
. "${0%/*}/lib/stores.sh"
# shellcheck source=selftests/bench/guest/lib/swaps.sh
. "${0%/*}/lib/swaps.sh"

pages=${quick:+1000}
pages=${pages:-8000}

cost_of() {
	local store=$1 source=$2 what
	measure swap-cost --pages "$(pages_of "$source")" --most "$pages"
	for what in out in; do
		figure store "$store" source "$source" what "$what" pages "$(measured pages)" value "$(measured "$what")"
	done
}

main() {
	local store source
	load_stores
	enter_cgroup
	machine swap_bytes $swap_bytes most_pages "$pages" page_cluster 0 zswap_shrinker off zswap_max_pool_percent 20 recompression off
	# What the boot left to do would be counted, too.
	sleep 5
	for store in tmem zram-lz4 zram-zstd zswap-lz4; do
		progress "$store"
		swap_on "$store" $swap_bytes
		# The first pages that a swap takes find it cold.
		measure swap-cost --class half --most 1000
		for source in $(sources); do cost_of "$store" "$source"; done
		swap_off "$store"
	done
}

main
