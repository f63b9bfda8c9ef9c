#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Instructions for a page when there are many already, up to ten million, no two alike; the dearest single put and get; and what the
# tables take for each page. For a guest with ICOUNT=1 CPUS=1 MEM=6144.
# shellcheck source=selftests/bench/guest/lib/figures.sh
. "${0%/*}/lib/figures.sh"
# shellcheck source=selftests/bench/guest/lib/stores.sh
. "${0%/*}/lib/stores.sh"

counts=(10000 100000 1000000 10000000)
[[ -z $quick ]] || counts=(10000 100000 1000000)
window=2000
size=$((48 << 30))
# As in bytes.sh: zram's slots, and handles of the allocator.
zram_slot=16
handle=8

scale_of() {
	local store=$1 count from=0 what
	for count in "${counts[@]}"; do
		measure scale "$disk" --from "$from" --to "$count" --window $window
		from=$(measured pages)
		for what in put get most_put most_get; do
			figure store "$store" pages "$count" what "${what/_/-}" value "$(measured $what)"
		done
		figure store "$store" pages "$count" what tables value "$(tables_of "$store" "$from")"
		progress "$store: $count pages"
	done
}

# tables_of STORE PAGES: bytes a page.
tables_of() {
	local slots=$((size / 4096)) bytes
	bytes=$((slots * zram_slot + $2 * handle))
	[[ $1 != tmem ]] || bytes=$(<$tmem/stats/metadata_bytes)
	awk -v bytes="$bytes" -v pages="$2" 'BEGIN { printf "%.2f", bytes / pages }'
}

main() {
	local store
	load_stores
	machine disksize $size window $window request_bytes 4096 recompression off
	# What the boot left to do would be counted, too.
	sleep 5
	for store in tmem zram-lz4; do
		store_on "$store" $size
		scale_of "$store"
		store_off "$store"
	done
}

main
