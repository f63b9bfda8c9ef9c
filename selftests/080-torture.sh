#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# All at once: every operation on every kind of pool and on disks, the shrinker, caps, settings, and readers of every file.
# timeout: 300
# dmesg: Write-error on swap-device
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
requires test -e /dev/tmem -- "there is no /dev/tmem"

module=/sys/kernel/tmem
default=$(<$module/max_bytes)
seconds=40
swap=

# until_end CMD...: again and again.
until_end() {
	while ((SECONDS < end)); do "$@"; done
}

operations() {
	tmem-test model --threads 3 --ops 1000000000 --seconds $((end - SECONDS))
}

disk_requests() {
	tmem-test storm "$disk" --refusals --threads 2 --operations 4000 --pages 2048 --seed $RANDOM
}

swapping() {
	tmem-test memory --mib 24 --page-out --threads 2 --seconds $((end - SECONDS))
}

hoarding() {
	tmem-test hoard --kind ephemeral --pages 3000 --class "$1" --per-object "$2" --seed $RANDOM
}

# A file is closed with all that is in its pools.
dying() {
	timeout -s KILL 1 tmem-test hoard --kind "$1" --pages 100000 --class text --per-object 7 || [[ $? == 137 ]]
}

one_of() {
	local values=("$@")
	echo "${values[RANDOM % $#]}"
}

settings() {
	one_of 2M 4M 8M 20M "$default" >$module/max_bytes
	one_of cgroup global off >$module/dedup
	one_of lz4 zstd raw >$module/codec
	one_of 0 1 2 >$module/recompress_idle_seconds
	one_of 1 50 100 >$module/recompress_cpu_percent
	one_of 0 64M >$sys/mem_limit
	sleep 0.2
}

# What is counted is the pools' that there are: here, what came of the caps is seen.
reading() {
	[[ $(stat_of evictions) == 0 ]] || touch "$scratch/evicted"
	[[ $(stat_of puts_refused) == 0 ]] || touch "$scratch/refused"
	grep -rs . $module $sys/mm_stat $sys/io_stat /sys/kernel/debug/tmem >/dev/null || true
	sleep 0.1
}

pressure() {
	one_of 1 2 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/compact_memory || true
	tmem-test memory --mib $(($(event /proc/meminfo MemAvailable:) / 1024 / 2)) --rounds 1
}

# start JOB...: in the background; the test fails if it does.
start() {
	("$@" || echo "$*" >>"$scratch/failed") &
}

all_at_once() {
	set_size 128M
	swap=$(<$control/hot_add)
	echo 96M >"/sys/block/tmem$swap/disksize"
	mkswap -q "/dev/tmem$swap"
	swapon -p 100 "/dev/tmem$swap"
	local end=$((SECONDS + seconds))
	start until_end operations
	start until_end disk_requests
	start until_end swapping
	start until_end hoarding text 1000
	start until_end hoarding mixed 1
	start until_end dying persistent
	start until_end dying ephemeral
	start until_end settings
	start until_end reading
	start until_end pressure
	wait
	[[ ! -e $scratch/failed ]]
	echo "$default" >$module/max_bytes
	[[ $(stat_of corrupt_pages) == 0 ]]
	# In the debug kernel so little happens in that time that none may be evicted while somebody looks.
	is_debug_kernel || [[ -e $scratch/evicted && -e $scratch/refused ]]
}

nothing_stays() {
	swapoff "/dev/tmem$swap"
	echo "$swap" >$control/hot_remove
	echo 1 >$sys/reset
	gauges_are_zero
}

clean_up() {
	echo "$default" >$module/max_bytes
	echo cgroup >$module/dedup
	echo lz4 >$module/codec
	echo 600 >$module/recompress_idle_seconds
	echo 10 >$module/recompress_cpu_percent
}

swap=1
case_of "$seconds seconds of everything" all_at_once
case_of "nothing stays" nothing_stays
