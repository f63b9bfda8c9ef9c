#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Commands to /dev/tmem that are mostly right and somewhere wrong, from several threads that share files.
# timeout: 600
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

fuzz() {
	# The disk's pool has metadata of its own.
	echo 1 >$sys/reset
	tmem-test ioctl-fuzz --steps 30000 --threads "$1" --seed "$2"
	gauges_are_zero
}

case_of "one thread" fuzz 1 1
case_of "three threads" fuzz 3 2
