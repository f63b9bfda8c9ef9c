# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests that free swap slots as the swap core does (selftests/modules/tmem-free-test).

# free_slots DISK FIRST COUNT: says how many nanoseconds that took.
free_slots() {
	local programs
	programs=$(command -v tmem-test)
	insmod "${programs%/*}/modules/$(uname -r)/tmem-free-test.ko" disk="$1" first="$2" count="$3"
	cat /sys/module/tmem_free_test/parameters/took
	rmmod tmem_free_test
}
