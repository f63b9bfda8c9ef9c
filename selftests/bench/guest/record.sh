#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Records what real programs with real data do to a swap disk's pages when they have too little memory: ../traces/NAME.trace
# (rust/core/trace.rs has the format). For a guest with CPUS=1 and PACKAGES='default-jdk-headless g++ nodejs', and the
# beginning of Debian's package index (8 MiB will do) as ../index.
#
#   record.sh [NAME...]    these, all by default; figures on stdout, a JSON object a line; progress on stderr
all=(valkey sqlite cc1plus python sort javac node mixed)
chosen=("$@")
set --
# shellcheck source=selftests/bench/guest/lib/figures.sh
. "${0%/*}/lib/figures.sh"
# shellcheck source=selftests/bench/guest/lib/jobs.sh
. "${0%/*}/lib/jobs.sh"

out=$here/../traces
recording=/sys/kernel/debug/tmem/trace
# Of what a program has in all, in memory: the rest is swapped out.
share=60
least=$((6 << 20))
# One that does not end by then has done enough.
most_seconds=180

# record NAME: the function of that name, after the function before_NAME, if there is one, which has all memory.
record() {
	local name=$1 reader=
	progress "$name"
	mkdir -p $cgroup
	echo max >$cgroup/memory.max
	prepare_job "$name"
	progress "$name: begins"
	echo 1 >$recording
	read_trace >"$scratch/trace" &
	reader=$!
	run_short_of_memory "$name"
	echo 0 >$recording
	touch "$scratch/end"
	wait $reader
	rm "$scratch/end"
	rmdir $cgroup
	mv "$scratch/trace" "$out/$name.trace"
	figure source "$name" what records value $(($(stat -c %s "$out/$name.trace") / 40))
}

# All that is recorded until $scratch/end is there.
read_trace() {
	while [[ ! -e $scratch/end ]]; do
		cat $recording
		sleep 0.3
	done
	cat $recording
}

# run_short_of_memory COMMAND...: in the cgroup, which may use a share of what it has in memory and swap.
run_short_of_memory() {
	local begin=$SECONDS program
	inside "$@" >"$scratch/said" 2>&1 &
	program=$!
	while kill -0 $program 2>/dev/null && ((SECONDS - begin < most_seconds)); do
		bound
		sleep 0.5
	done
	progress "$((SECONDS - begin)) s, $(tail -n 1 "$scratch/said" | cut -c1-60)"
	kill_job
	wait $program 2>/dev/null || true
}

bound() {
	local used limit
	used=$(<$cgroup/memory.current)
	limit=$(((used + $(<$cgroup/memory.swap.current)) * share / 100))
	limit=$((limit > least ? limit : least))
	reclaim_down_to $limit
	used=$(<$cgroup/memory.current)
	echo $((limit > used ? limit : used)) >$cgroup/memory.max
}

main() {
	[[ -e $recording ]] || { progress "there is no $recording: load tmem"; exit 1; }
	mkdir -p "$out"
	machine share_percent $share seed 1
	make_records
	swapoff -a
	echo 1 >/sys/block/tmem0/reset
	echo 512M >/sys/block/tmem0/disksize
	mkswap -q /dev/tmem0
	echo 0 >/proc/sys/vm/page-cluster
	swapon -p 100 /dev/tmem0
	[[ ${#chosen[@]} != 0 ]] || chosen=("${all[@]}")
	for name in "${chosen[@]}"; do
		record "$name"
	done
}

main
