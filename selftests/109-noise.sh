#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A cgroup that thrashes on another CPU does not make a well-behaved one's gets dearer.
# kernel: stock
# timeout: 240
# long
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"
requires test "$(nproc)" -ge 2 -- "this machine has one CPU"

names=(cpu_ns p50_ns p99_ns)

# What takes the other CPU: nobody; a program that only computes, which the host may let us feel as well; one that swaps without end.
nobody() {
	sleep 60
}

computes() {
	while :; do :; done
}

# More than twice the memory that it may have.
thrashes() {
	tmem-test memory --mib 40 --class text --seconds 60 --rounds 1000
}

# beside NEIGHBOUR: the figures of gets, to a file.
beside() {
	local pid
	(
		echo "$BASHPID" >"$(group_of bad)/cgroup.procs"
		taskset -pc 1 "$BASHPID"
		"$1"
	) >/dev/null &
	pid=$!
	sleep 2
	in_group good taskset -c 0 tmem-test gets >>"$scratch/$1"
	kill -0 "$pid"
	end_of bad
	wait "$pid" || true
}

# least NEIGHBOUR NAME: of the rounds.
least() {
	sed -n "s/^$2=//p" "$scratch/$1" | sort -n | head -n 1
}

gets_cost_as_much() {
	local neighbour name alone
	swap_on 128M
	make_cgroup good max
	make_cgroup bad 16M
	for _ in {1..3}; do
		for neighbour in nobody computes thrashes; do beside $neighbour; done
	done
	for neighbour in nobody computes thrashes; do
		printf '# beside one that %-9s' "${neighbour/nobody/sleeps}" >>"$scratch/table"
		for name in "${names[@]}"; do printf ' %s %7d' "${name/_ns/, ns:}" "$(least $neighbour "$name")" >>"$scratch/table"; done
		echo >>"$scratch/table"
	done
	(($(stat_of puts) > 10000))
	alone=$(least nobody cpu_ns)
	# Two processors of a guest may have less of the host's than one.
	((alone >= $(least computes cpu_ns))) || alone=$(least computes cpu_ns)
	(($(least thrashes cpu_ns) * 2 <= alone * 3))
	remove_cgroup good
	remove_cgroup bad
	swap_off
}

case_of "CPU time of a get, spinning for locks included: 1.5 times at most" gets_cost_as_much
cat "$scratch/table"
