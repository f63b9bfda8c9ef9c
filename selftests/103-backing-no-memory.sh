#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Every allocation of a module's code fails: pages go to the disk below and come back all the same, and nothing hangs.
# guest: DISK=512M,8M
# kernel: debug
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/backing.sh
. "${0%/*}/lib/backing.sh"
# shellcheck source=selftests/lib/failing.sh
. "${0%/*}/lib/failing.sh"

# Every fourth page finds a place in the pool before; what is in one request is then here and there.
disk_goes_on() {
	local page
	set_backing $below 64M
	# What a program needs is read before.
	tmem-test verify "$disk" --count 64 --empty
	for page in {0..60..4}; do
		tmem-test fill "$disk" --first "$page" --count 1 --class random --seed 3
	done
	fail_allocations 100
	for page in {0..60..4}; do
		tmem-test fill "$disk" --first $((page + 1)) --count 3 --request 3 --class random --seed 3
	done
	tmem-test verify "$disk" --count 64 --class random --seed 3 --request 64
	fail_allocations 0
	cat $sys/bd_stat
	[[ $(bd bd_writes) == 48 && $(bd bd_reads) == 48 ]]
}

swap_goes_on() {
	swap_over $below 128M
	fail_allocations 100
	count memory --mib 16 --class random --threads 2 --page-out --rounds 2
	fail_allocations 0
	(($(bd bd_writes) > 4000))
	[[ $(io failed_writes) == 0 && $(io failed_reads) == 0 ]]
	swap_off
}

case_of "requests of many pages, here and there" disk_goes_on
case_of "swap" swap_goes_on
