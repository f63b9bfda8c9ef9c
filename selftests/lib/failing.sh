# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests that make allocations fail: those that any module's code asks for, directly or through the kernel.

requires test -e /sys/kernel/debug/failslab/require-start -- "this kernel cannot make allocations fail (KERNEL=debug can)"

# Where modules lie, wherever that may be for the next one.
modules_start=0xffffffffa0000000
modules_end=0xffffffffff000000

each_fault() {
	local attributes
	for attributes in /sys/kernel/debug/failslab /sys/kernel/debug/fail_page_alloc; do
		"$@" "$attributes"
	done
}

aim_at_modules() {
	echo $modules_start >"$1/require-start"
	echo $modules_end >"$1/require-end"
	echo N >"$1/ignore-gfp-wait"
	echo 0 >"$1/verbose"
	[[ ! -e $1/min-order ]] || echo 0 >"$1/min-order"
	[[ ! -e $1/ignore-gfp-highmem ]] || echo N >"$1/ignore-gfp-highmem"
}

set_rate() {
	echo "$1" >"$2/probability"
	echo -1 >"$2/times"
}

# fail_allocations PERCENT: from now on.
fail_allocations() {
	each_fault set_rate "$1"
}

# What injection has done is undone, whatever the test comes to.
clean_up() {
	fail_allocations 0
}

each_fault aim_at_modules
