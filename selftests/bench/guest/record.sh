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

programs=$here/programs
workloads=$here/workloads
index=$here/../index
out=$here/../traces
recording=/sys/kernel/debug/tmem/trace
cgroup=/sys/fs/cgroup/record
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
	if [[ $(type -t "before_$name") == function ]]; then
		inside "before_$name" >"$scratch/said" 2>&1
	fi
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

# inside COMMAND...: in the cgroup.
inside() {
	(
		echo "$BASHPID" >$cgroup/cgroup.procs
		"$@"
	)
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
	echo 1 >$cgroup/cgroup.kill
	wait $program 2>/dev/null || true
	until [[ $(<$cgroup/cgroup.procs) == '' ]]; do sleep 0.1; done
}

# Whoever writes a limit far below what is in use has somebody killed: what is too much is reclaimed first.
bound() {
	local used limit
	used=$(<$cgroup/memory.current)
	limit=$(((used + $(<$cgroup/memory.swap.current)) * share / 100))
	limit=$((limit > least ? limit : least))
	((used <= limit)) || { echo $((used - limit)) >$cgroup/memory.reclaim; } 2>/dev/null || true
	used=$(<$cgroup/memory.current)
	echo $((limit > used ? limit : used)) >$cgroup/memory.max
}

before_valkey() {
	rm -f "$scratch/valkey"
	valkey-server --save '' --unixsocket "$scratch/valkey" --port 0 >/dev/null &
	until elsewhere valkey-cli -s "$scratch/valkey" ping; do sleep 0.2; done
	elsewhere valkey-cli -s "$scratch/valkey" --pipe <"$scratch/valkey.commands"
}

look_up() {
	elsewhere python3 "$workloads/lookups.py" "$index" "$scratch/valkey" "$1"
}

# elsewhere COMMAND...: not in the cgroup.
elsewhere() {
	(
		echo "$BASHPID" >"${cgroup%/*}/cgroup.procs"
		"$@"
	)
}

# Who depends on whom is looked up again and again.
valkey() {
	look_up 60000
}

before_mixed() {
	before_valkey
}

# A server that has little to do, while others compile.
mixed() {
	for _ in {1..6}; do
		gcc -O2 -c "$workloads/parse.c" -o /dev/null
		look_up 500
	done
}

sqlite() {
	cd "$scratch"
	cat "$programs/tables.sql" "$workloads/queries.sql" | sqlite3 -batch :memory:
}

cc1plus() {
	g++ -S -O2 -std=c++20 "$programs/templates.cc" -o /dev/null
}

python() {
	python3 "$workloads/ranks.py" "$index" 3000
}

node() {
	nodejs "$workloads/ranks.js" "$index" 3000
}

javac() {
	command javac -J-XX:+UseSerialGC -d "$scratch" "$programs/Objects.java"
}

sort() {
	command sort -S 32M -T "$scratch" "$index" "$index" "$index" "$index" | uniq -c | command sort -S 32M -T "$scratch" -rn | head -n 1
}

main() {
	[[ -e $index ]] || { progress "there is no package index: put the beginning of one beside the folder guest, as index"; exit 1; }
	[[ -e $recording ]] || { progress "there is no $recording: load tmem"; exit 1; }
	mkdir -p "$out"
	machine share_percent $share seed 1
	python3 "$programs/records.py" "$index" "$scratch"
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
