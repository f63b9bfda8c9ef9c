#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# How many pages a job reads from a disk again: a program of which a part fits in memory, over a store of a quarter of the rest, over
# a disk. Its memory gets scarce in the course of two minutes; then it works. For a guest with DISK=1G and Debian's package index as
# ../index.
#   What a store holds is its arena and its tables (zswap's are not counted). tmem has cold pages recompressed after a second, by a CPU
#   that is idle, but where that is 0.
#   zram is kept at that size by a daemon, as its users have one, which writes back no more than it must: pages that are idle for some
#   seconds, or do not compress, or both; and if those are not enough, any.
#   zswap has its shrinker; the cgroup gets what zswap holds for it on top of its memory: that is charged to it.
# shellcheck source=selftests/bench/guest/lib/figures.sh
. "${0%/*}/lib/figures.sh"
# shellcheck source=selftests/bench/guest/lib/jobs.sh
. "${0%/*}/lib/jobs.sh"
# shellcheck source=selftests/bench/guest/lib/stores.sh
. "${0%/*}/lib/stores.sh"
# shellcheck source=selftests/bench/guest/lib/swaps.sh
. "${0%/*}/lib/swaps.sh"

below=/dev/vda
size=$((192 << 20))
jobs=(popular valkey)
# For the first job all that zram and zswap can be set to, for the other what was best there.
few=(tmem 'zram-lz4 idle 5' zswap-lz4)
stores=(tmem 'tmem recompress_idle_seconds=0'
	'zram-lz4 idle 1' 'zram-lz4 idle 5' 'zram-lz4 idle 20' 'zram-lz4 huge'
	'zram-lz4 huge_idle 1' 'zram-lz4 huge_idle 5' 'zram-lz4 huge_idle 20'
	'zswap-lz4' 'zswap-lz4 page-cluster=3')
[[ -z $quick ]] || { jobs=(popular) stores=("${few[@]}"); }
# What a store may hold, in percent of all memory: zswap's unit.
percent=3
# zram's table, for each page of the disk.
slot_bytes=16
# Of what a job has in all, the most that is swapped out.
most_swapped=70
# In which memory gets scarce.
steps=120

# swap_over STORE: on the disk, with no more than $cap bytes in memory.
swap_over() {
	local store=$1
	echo 0 >/proc/sys/vm/page-cluster
	case $store in
	tmem*)
		echo 1 >$tmem/recompress_idle_seconds
		echo 100 >$tmem/recompress_cpu_percent
		echo $cap >$tmem/max_bytes
		echo $below >/sys/block/tmem0/backing_dev
		store_on "$store" $size
		;;
	zram-*)
		echo $below >$zram/backing_dev
		echo 1 >$zram/writeback_limit_enable
		store_on "${store%% *}" $size
		;;
	zswap-*)
		[[ $store != *page-cluster=* ]] || echo "${store#*=}" >/proc/sys/vm/page-cluster
		store=${store%% *}
		disk=$below
		zswap_on "${store#zswap-}" Y $percent
		;;
	esac
	mkswap -q $disk
	swapon -p 100 $disk
}

swap_ends() {
	swapoff $disk
	case $1 in
	zswap-*) echo N >$zswap/enabled ;;
	*) store_off "$1" ;;
	esac
}

# held_by STORE: bytes, now.
held_by() {
	local held
	case $1 in
	tmem*) held=$(($(<$tmem/stats/arena_bytes) + $(<$tmem/stats/metadata_bytes))) ;;
	zram-*)
		read -r _ _ held _ <$zram/mm_stat
		held=$((held + (size >> 12) * slot_bytes))
		;;
	zswap-*) held=$(<$zswap_figures/pool_total_size) ;;
	esac
	echo "$held"
}

# watch STORE: says what it holds, ten times a second, and is zram's daemon.
watch() {
	while [[ ! -e $scratch/end ]]; do
		[[ $1 != zram-* ]] || relieve_zram "${1#* }"
		held_by "$1"
		sleep 0.1
	done
}

# relieve_zram 'MODE AGE'
relieve_zram() {
	(($(held_by zram-) > cap * 31 / 32)) || return 0
	[[ $1 != *\ * ]] || echo "${1#* }" >$zram/idle
	write_back "${1% *}"
	(($(held_by zram-) > cap * 31 / 32)) || return 0
	echo all >$zram/idle
	write_back idle
}

# write_back MODE: so many that a thirty-second of the room is free then, as tmem has it.
write_back() {
	local stored used same down
	used=$(held_by zram-)
	read -r stored _ _ _ _ same _ <$zram/mm_stat
	read -r down _ <$zram/bd_stat
	echo $(((used - cap * 31 / 32) * ((stored >> 12) - same - down) / used + 1)) >$zram/writeback_limit
	# It fails when that limit is reached.
	{ echo "$1" >$zram/writeback; } 2>/dev/null || true
}

read_from_disk() {
	awk '{ print int($3 * 512 / 4096) }' "/sys/block/${below##*/}/stat"
}

anonymous() {
	awk '$1 == "anon" { print $2 }' $cgroup/memory.stat
}

# weigh JOB: sets $wanted, the most memory that it has when it may have all, and $answer, what it says.
weigh() {
	local now program
	mkdir -p $cgroup
	prepare_job "$1"
	inside "$1" >"$scratch/said" 2>&1 &
	program=$!
	wanted=0
	while kill -0 $program 2>/dev/null; do
		now=$(anonymous)
		wanted=$((now > wanted ? now : wanted))
		sleep 0.2
	done
	wait $program || { cat "$scratch/said" >&2; exit 1; }
	answer=$(<"$scratch/said")
	end_job
}

end_job() {
	kill_job
	rmdir $cgroup
}

# bound STORE: the cgroup.
bound() {
	local limit=$memory used step
	[[ $1 != zswap-* ]] || limit=$((memory + cap))
	used=$(<$cgroup/memory.current)
	for ((step = 1; step <= steps; step++)); do
		reclaim_down_to $((used - (used - limit) * step / steps))
		sleep 1
	done
	echo $limit >$cgroup/memory.max
}

# run_over JOB STORE
run_over() {
	local job=$1 store=$2 reads seconds begin watcher
	progress "$job, $store"
	swap_over "$store"
	mkdir -p $cgroup
	prepare_job "$job"
	watch "$store" >"$scratch/held" &
	watcher=$!
	bound "$store"
	reads=$(read_from_disk)
	begin=${EPOCHREALTIME/./}
	inside "$job" >"$scratch/said" 2>&1 || { cat "$scratch/said" >&2; exit 1; }
	reads=$(($(read_from_disk) - reads))
	seconds=$(awk -v us=$((${EPOCHREALTIME/./} - begin)) 'BEGIN { printf "%.1f", us / 1e6 }')
	progress "$job, $store: $reads pages read from the disk in $seconds s"
	tell reads $reads
	tell seconds "$seconds"
	touch "$scratch/end"
	wait $watcher
	rm "$scratch/end"
	tell held "$(awk '{ sum += $1 } END { printf "%.0f", sum / NR }' "$scratch/held")"
	[[ $(<"$scratch/said") == "$answer" ]] || { progress "$job says '$(<"$scratch/said")' and not '$answer'"; exit 1; }
	end_job
	swap_ends "$store"
}

# tell WHAT VALUE: of $job over $store.
tell() {
	figure store "$store" source "$job" what "$1" value "$2"
}

main() {
	local job store total
	swapoff -a
	load_stores
	total=$(awk '$1 == "MemTotal:" { print $2 * 1024 }' /proc/meminfo)
	cap=$((total * percent / 100))
	machine cap_bytes $cap swapped_bytes $((4 * cap)) page_cluster 0 recompress_idle_seconds 1 recompress_cpu_percent 100 zswap_shrinker on \
		zswap_max_pool_percent $percent
	make_records
	for job in "${jobs[@]}"; do
		weigh "$job"
		progress "$job has $((wanted >> 20)) MiB"
		memory=$((wanted - 4 * cap))
		((4 * cap <= wanted * most_swapped / 100)) || { progress "$job is too small for a store of $((cap >> 20)) MiB"; exit 1; }
		for store in "${stores[@]}"; do run_over "$job" "$store"; done
		stores=("${few[@]}")
	done
}

main
