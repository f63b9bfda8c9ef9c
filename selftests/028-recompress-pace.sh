#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Idle pages are encoded densely within the set time if the machine is idle, not at all while programs want the CPU, and by no more of a CPU than is set.
# kernel: stock
# long
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

module=/sys/kernel/tmem
pages=2000

# fill SECONDS PERCENT
fill() {
	set_size 64M
	echo 0 >$module/recompress_idle_seconds
	tmem-test fill "$disk" --count $pages --class text --seed 4
	echo "$2" >$module/recompress_cpu_percent
	echo "$1" >$module/recompress_idle_seconds
}

recompressed() {
	stat_of recompressed
}

# Pages are eligible after 8 seconds, and are to be done 8 seconds later.
within_the_set_time() {
	fill 8 100
	sleep 7
	[[ $(recompressed) == 0 ]]
	sleep 9
	echo "# $(recompressed) of $pages pages after 16 s"
	(($(recompressed) * 10 >= pages * 9))
}

# hogs SECONDS: two on each CPU, which it waits for.
hogs() {
	local pids=() cpu
	for ((cpu = 0; cpu < 2 * $(nproc); cpu++)); do
		timeout "$1" bash -c 'while :; do :; done' &
		pids+=("$!")
	done
	wait "${pids[@]}" || true
}

not_while_others_run() {
	local before
	fill 4 100
	hogs 3 &
	sleep 0.5
	before=$(recompressed)
	[[ $before == 0 ]]
	wait
	hogs 20
	echo "# $(recompressed) of $pages pages while others ran for 20 s"
	(($(recompressed) <= pages / 100))
	sleep 10
	echo "# $(recompressed) of $pages pages 10 s later"
	(($(recompressed) > pages / 2))
}

# CPU time of the module's thread, in microseconds.
worked() {
	local nanoseconds
	read -r nanoseconds _ <"/proc/$(pgrep -x tmem)/schedstat"
	echo $((nanoseconds / 1000))
}

# share PERCENT: while there is more to do than can be done.
share() {
	local begin before percent
	pages=12000
	fill 2 "$1"
	until (($(recompressed) > 10)); do sleep 0.1; done
	begin=${EPOCHREALTIME/./} before=$(worked)
	sleep 6
	percent=$((($(worked) - before) * 1000 / (${EPOCHREALTIME/./} - begin)))
	(($(recompressed) < pages * 9 / 10))
	echo "# set to $1%: $((percent / 10)).$((percent % 10))% of a CPU, $(recompressed) of $pages pages" >>"$scratch/table"
	((percent <= $1 * 11 + 5))
}

clean_up() {
	echo 600 >$module/recompress_idle_seconds
	echo 10 >$module/recompress_cpu_percent
}

case_of "nine of ten within the set time" within_the_set_time
case_of "none while others want the CPU" not_while_others_run
case_of "at most 5% of a CPU" share 5
case_of "at most 20% of a CPU" share 20
cat "$scratch/table"
