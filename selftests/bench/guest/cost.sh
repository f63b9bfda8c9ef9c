#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Instructions for a page: put when it is nowhere yet, put again to another place, got back. For a guest with ICOUNT=1 CPUS=1.
# Requests of a page each, past the page cache; system call and block layer are in it, and `request` says how much they are.
# shellcheck source=selftests/bench/guest/lib/figures.sh
. "${0%/*}/lib/figures.sh"
# shellcheck source=selftests/bench/guest/lib/stores.sh
. "${0%/*}/lib/stores.sh"

stores=(request tmem 'tmem dedup=off' 'tmem codec=raw' 'tmem codec=zstd' zram-lz4 zram-zstd)
made=(word random)
pages=${quick:+1000}
pages=${pages:-4000}
size=$((64 << 20))

# cost_of STORE SOURCE ARGUMENT...
cost_of() {
	local store=$1 source=$2 what
	shift 2
	[[ $store != request ]] || set -- "$@" --bare
	measure page-cost "$disk" --most "$pages" "$@"
	for what in put again get; do
		figure store "$store" source "$source" what "$what" pages "$(measured pages)" value "$(measured "$what")"
	done
	[[ $store == request ]] || blkdiscard "$disk"
}

# The first pages that a store takes find it cold.
warm_up() {
	tmem-test fill "$disk" --count $((2 * pages)) --class half >"$scratch/filled"
	[[ $1 == request ]] || blkdiscard "$disk"
}

main() {
	local store source class
	load_stores
	machine disksize $size most_pages "$pages" zram_disksize $size request_bytes 4096 recompression off
	# What the boot left to do would be counted, too.
	sleep 5
	for store in "${stores[@]}"; do
		progress "$store"
		store_on "$store" $size
		warm_up "$store"
		for class in "${made[@]}"; do cost_of "$store" "$class" --class "$class"; done
		for source in $(sources); do cost_of "$store" "$source" --pages "$(pages_of "$source")"; done
		store_off "$store"
	done
}

main
