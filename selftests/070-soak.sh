#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# 100,000,000 operations on pools against the contract, and as many on a disk against a reference, on two processors: some hours.
# kernel: uml
# guest: MEM=1024 CPUS=2
# timeout: 28800
# soak
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

storm() {
	set_size 256M
	count storm "$disk" --operations 100000000 --threads 2 --pages 20000 --seed 11
	gauges_are_zero
}

# Processes of their own, as threads of one take turns in user-mode Linux; then threads that share handles.
models() {
	local pids=() pid
	for _ in 1 2; do
		tmem-test model --threads 1 --ops 45000000 &
		pids+=("$!")
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	count model --threads 4 --ops 10000000
	(($(counted hits) * 10 > $(counted operations)))
}

case_of "random operations on pools of each kind" models
case_of "write, read, overwrite, discard and zero 20,000 pages at random" storm
