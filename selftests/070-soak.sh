#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# 100,000,000 page operations from two threads on two processors, against a reference: some hours.
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

case_of "write, read, overwrite, discard and zero 20,000 pages at random" storm
