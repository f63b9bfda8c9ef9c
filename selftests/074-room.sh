#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# When there is no room for all, ephemeral pages leave: for other pages, for programs, and never a persistent one.
# timeout: 180
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
requires test -e /dev/tmem -- "there is no /dev/tmem"

module=/sys/kernel/tmem
default=$(<$module/max_bytes)

held() {
	echo $(($(stat_of arena_bytes) + $(stat_of metadata_bytes)))
}

nothing_is_left() {
	[[ $(stat_of stored_bytes) == 0 && $(stat_of arena_bytes) == 0 ]]
}

with_room_all_stays() {
	count hoard --kind ephemeral --pages 4000
	[[ $(counted accepted) == 4000 && $(counted hits) == 4000 ]]
	nothing_is_left
}

# A cap that holds about half of them.
the_cap_holds() {
	echo $(($(held) + (8 << 20))) >$module/max_bytes
	count hoard --kind ephemeral --pages 8000 -- bash -ec below_the_cap
	echo "$default" >$module/max_bytes
	echo "# accepted $(counted accepted), then $(counted hits) there"
	(($(counted accepted) > 7900))
	between 1000 "$(counted hits)" 7000
	nothing_is_left
}

# Tables need room too: each page is an object here.
tables_make_room() {
	echo $(($(held) + (4 << 20))) >$module/max_bytes
	count hoard --kind ephemeral --pages 8000 --per-object 1 -- bash -ec below_the_cap
	echo "$default" >$module/max_bytes
	echo "# accepted $(counted accepted), then $(counted hits) there"
	(($(counted accepted) > 7900))
	nothing_is_left
}

below_the_cap() {
	(($(held) <= $(<$module/max_bytes) + 65536))
	(($(stat_of evictions) > 0))
}

# Persistent pages take the place of ephemeral ones.
persistent_pages_come_first() {
	echo $(($(held) + (8 << 20))) >$module/max_bytes
	count hoard --kind ephemeral --pages 4000 -- tmem-test hoard --kind persistent --pages 3000 --seed 7
	echo "$default" >$module/max_bytes
	cat "$scratch/counts"
	[[ $(sed -n 's/^accepted=//p' "$scratch/counts" | head -n 1) == 3000 ]]
	[[ $(sed -n 's/^hits=//p' "$scratch/counts" | head -n 1) == 3000 ]]
	nothing_is_left
}

persistent_pages_stay() {
	echo $(($(held) + (4 << 20))) >$module/max_bytes
	count hoard --kind persistent --pages 8000
	echo "$default" >$module/max_bytes
	between 500 "$(counted accepted)" 7900
	[[ $(counted hits) == "$(counted accepted)" ]]
}

a_lower_cap_makes_them_leave() {
	count hoard --kind ephemeral --pages 4000 -- bash -ec lower_the_cap
	echo "$default" >$module/max_bytes
	between 1 "$(counted hits)" 3500
}

lower_the_cap() {
	local cap=$(($(held) - (4 << 20)))
	echo $cap >$module/max_bytes
	for _ in {1..20}; do
		(($(held) > cap)) || return 0
		sleep 0.5
	done
	return 1
}

available() {
	event /proc/meminfo MemAvailable:
}

# What can be had back at any time counts as available.
they_show_as_available() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	available >"$scratch/before"
	TMEM_BEFORE=$scratch/before count hoard --kind ephemeral --pages 16000 --class random -- bash -ec still_available
	nothing_is_left
}

still_available() {
	local before after reclaimable arena
	sleep 2.5
	before=$(<"$TMEM_BEFORE")
	after=$(available)
	reclaimable=$(event /proc/meminfo KReclaimable:)
	arena=$(($(stat_of arena_bytes) / 1024))
	echo "# available $before KiB, then $after KiB; arena $arena KiB, reclaimable $reclaimable KiB"
	((arena > 50000 && reclaimable > arena / 2 && before - after < arena * 3 / 4))
}

# A program that needs the memory gets it.
programs_come_first() {
	local mib=$(($(event /proc/meminfo MemAvailable:) / 1024 - 20))
	count hoard --kind ephemeral --pages 16000 --class random -- tmem-test memory --mib "$mib" --seconds 1
	echo "# $(counted accepted) pages, then $mib MiB for a program, then $(counted hits) pages"
	(($(counted hits) < $(counted accepted)))
	[[ $(dmesg | grep -c 'Out of memory') == 0 ]]
	nothing_is_left
}

clean_up() {
	echo "$default" >$module/max_bytes
}

# What a case runs while a pool is full.
export -f held stat_of event available below_the_cap lower_the_cap still_available
export module stats

case_of "with room, all stays" with_room_all_stays
case_of "a cap holds, and what comes pushes out what is there" the_cap_holds
case_of "a cap holds where each page is an object" tables_make_room
case_of "persistent pages push out ephemeral ones" persistent_pages_come_first
case_of "persistent pages stay: the next are refused" persistent_pages_stay
case_of "a lower cap makes them leave" a_lower_cap_makes_them_leave
case_of "they show as available memory" they_show_as_available
case_of "a program that needs the memory gets it" programs_come_first
