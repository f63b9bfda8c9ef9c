#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Bytes that a store holds for each source of the corpus: what its allocator takes (arena), and all else that grows with the pages or
# with the disk (tables). For any guest. Each disk is as large as the source, so that no table is larger than it must be. All are
# asked to give back what they can, as when memory is short: the allocator, which is the same one, closes holes. Left out on all sides:
# the buffers for coding, one for each CPU.
#
# tmem is loaded anew for each figure, and says itself what its tables take, handles of the allocator included. zram has a table of 16 bytes a slot; zswap an
# entry for each page, in a tree of 9 bytes a page (a node of 576 for 64); both a handle of 8 bytes for each page that is not of one word.
# shellcheck source=selftests/bench/guest/lib/figures.sh
. "${0%/*}/lib/figures.sh"
# shellcheck source=selftests/bench/guest/lib/stores.sh
. "${0%/*}/lib/stores.sh"
# shellcheck source=selftests/bench/guest/lib/swaps.sh
. "${0%/*}/lib/swaps.sh"

page=4096
handle=8
zram_slot=16
zswap_tree=9

stores=(
	tmem 'tmem dedup=off' 'tmem codec=raw' 'tmem codec=zstd' 'tmem recompressed'
	zram-lz4 zram-zstd zswap-lz4 zswap-zstd
)

stat_of() {
	cat "$tmem/stats/$1"
}

# report STORE SOURCE ARENA TABLES
report() {
	figure store "$1" source "$2" what arena value "$3"
	figure store "$1" source "$2" what tables value "$4"
}

fill() {
	dd if="$1" of="$disk" bs=128k oflag=direct status=none
}

close_holes() {
	echo 2 >/proc/sys/vm/drop_caches
}

holds() {
	blockdev --flushbufs "$disk"
	cmp -n "$(stat -c %s "$1")" "$1" "$disk" || { progress "other bytes came back"; return 1; }
}

bytes_in_tmem() {
	local store=$1 source=$2 file arena tables
	file=$(pages_of "$source")
	load_anew
	arena=$(stat_of arena_bytes) tables=$(stat_of metadata_bytes)
	store_on "${store% recompressed}" "$(stat -c %s "$file")"
	fill "$file"
	[[ $store != *recompressed ]] || recompress
	close_holes
	report "$store" "$source" $(($(stat_of arena_bytes) - arena)) $(($(stat_of metadata_bytes) - tables))
	holds "$file"
	store_off "$store"
}

# Until no more is to be done.
recompress() {
	local before=-1 now
	echo 100 >$tmem/recompress_cpu_percent
	echo 1 >$tmem/recompress_idle_seconds
	until now=$(stat_of recompressed) && ((now > 0 && now == before)); do
		before=$now
		sleep 5
	done
	progress "$now pages were recompressed"
	echo 0 >$tmem/recompress_idle_seconds
}

bytes_in_zram() {
	local store=$1 source=$2 file slots stored arena same
	file=$(pages_of "$source")
	store_on "$store" "$(stat -c %s "$file")"
	fill "$file"
	close_holes
	read -r stored _ arena _ _ same _ <$zram/mm_stat
	slots=$(($(<$zram/disksize) / page))
	report "$store" "$source" "$arena" $((slots * zram_slot + (stored / page - same) * handle))
	holds "$file"
	store_off "$store"
}

bytes_in_zswap() {
	local store=$1 source=$2 pages entry
	swap_on "$store" $swap_bytes
	# shellcheck disable=SC2016 # for the shell within
	measure swap-cost --pages "$(pages_of "$source")" -- bash -c 'echo 2 >/proc/sys/vm/drop_caches; for name; do echo "$name=$(<'$zswap_figures'/$name)"; done' \
		zswap stored_pages pool_total_size
	pages=$(measured stored_pages)
	entry=$(cat /sys/kernel/slab/zswap_entry/slab_size)
	report "$store" "$source" "$(measured pool_total_size)" $((pages * (entry + zswap_tree + handle)))
	swap_off "$store"
}

# Another disk, which stays empty, has the buffers for all codecs made.
load_anew() {
	local other
	rmmod tmem
	load_tmem
	other=/sys/block/tmem$(</sys/class/tmem-control/hot_add)
	echo zstd >"$other/comp_algorithm"
	echo 4096 >"$other/disksize"
}

bytes_of() {
	case $1 in
	tmem*) bytes_in_tmem "$@" ;;
	zram-*) bytes_in_zram "$@" ;;
	zswap-*) bytes_in_zswap "$@" ;;
	esac
}

main() {
	local store source
	load_stores
	enter_cgroup
	machine disksize 'that of the source' zswap_shrinker off zswap_max_pool_percent 20 recompress_idle_seconds 1 compacted yes
	for source in $(sources); do
		figure source "$source" what pages value $(($(stat -c %s "$(pages_of "$source")") / page))
		for store in "${stores[@]}"; do
			progress "$source: $store"
			bytes_of "$store" "$source"
		done
	done
}

main
