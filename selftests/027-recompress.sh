#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Pages that nobody asks for are encoded densely, by nobody's command; those that are, as they came.
# timeout: 180
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

module=/sys/kernel/tmem
pages=1000

# soon CMD...: within a while.
soon() {
	for _ in {1..80}; do
		! "$@" || return 0
		sleep 0.5
	done
	"$@"
}

stored_more_than() {
	(($(stat_of stored_bytes) > $1))
}

fill() {
	set_size 64M
	echo "$1" >$module/recompress_idle_seconds
	echo 100 >$module/recompress_cpu_percent
	tmem-test fill "$disk" --count $pages --class text --seed 4
}

idle_pages_become_denser() {
	local before
	fill 4
	before=$(stat_of stored_bytes)
	soon reaches recompressed $((pages * 9 / 10))
	echo "# $before bytes, then $(stat_of stored_bytes), $(stat_of recompressed) pages"
	(($(stat_of stored_bytes) < before))
	echo 0 >$module/recompress_idle_seconds
	tmem-test verify "$disk" --count $pages --class text --seed 4
	[[ $(stat_of corrupt_pages) == 0 ]]
}

# The pages of the case before, all of which were just read.
wanted_pages_go_back() {
	echo 4 >$module/recompress_idle_seconds
	soon stored_more_than $(($(stat_of stored_bytes) * 11 / 10))
	echo 0 >$module/recompress_idle_seconds
	tmem-test verify "$disk" --count $pages --class text --seed 4
}

never() {
	fill 0
	sleep 4
	[[ $(stat_of recompressed) == 0 ]]
}

# A round that is under way, at a pace of many seconds, ends.
never_from_now_on() {
	local before
	fill 0
	echo 1 >$module/recompress_cpu_percent
	echo 4 >$module/recompress_idle_seconds
	soon reaches recompressed 20
	echo 0 >$module/recompress_idle_seconds
	sleep 1
	before=$(stat_of recompressed)
	sleep 3
	echo "# $before of $pages pages"
	((before < pages / 2))
	[[ $(stat_of recompressed) == "$before" ]]
}

# Writes, discards and reads all the while.
under_load() {
	set_size 64M
	echo 1 >$module/recompress_idle_seconds
	tmem-test storm "$disk" --operations 60000 --threads 2 --pages 2048 --seed 9
	[[ $(stat_of corrupt_pages) == 0 ]]
	blkdiscard "$disk"
	for name in pages stored_bytes arena_bytes; do
		[[ $(stat_of $name) == 0 ]]
	done
}

nonsense() {
	for value in '\n' x -1 1.5 '1 2'; do
		[[ $(writing "$value" $module/recompress_idle_seconds) == EINVAL ]]
		[[ $(writing "$value" $module/recompress_cpu_percent) == EINVAL ]]
	done
	[[ $(writing 0 $module/recompress_cpu_percent) == EINVAL ]]
	[[ $(writing 101 $module/recompress_cpu_percent) == EINVAL ]]
}

clean_up() {
	echo 600 >$module/recompress_idle_seconds
	echo 10 >$module/recompress_cpu_percent
}

case_of "idle pages become denser, and stay what they were" idle_pages_become_denser
case_of "pages that were asked for go back to the fast codec" wanted_pages_go_back
case_of "0 seconds: never" never
case_of "0 seconds: no longer" never_from_now_on
case_of "under load" under_load
case_of "nonsense changes nothing" nonsense
