#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# One allocation in a hundred fails, anywhere in the module: no page that was accepted is lost, and nothing leaks.
# kernel: debug
# dmesg: page allocation failure
# dmesg: Call Trace
# dmesg: Write-error on swap-device
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/failing.sh
. "${0%/*}/lib/failing.sh"

storm() {
	set_size 64M
	fail_allocations 1
	count storm "$disk" --operations 40000 --threads 4 --pages 4096 --seed 7 --refusals
	fail_allocations 0
	(($(counted refusals) > 10))
	[[ $(stat_of pages) == 0 ]]
}

loads() {
	local round failed=0
	fail_allocations 1
	for round in {1..20}; do
		unload
		modprobe tmem disksize=16M || failed=$((failed + 1))
	done
	fail_allocations 0
	echo "$failed of $round failed"
	((failed > 0))
	unload
	modprobe tmem
}

disks_come_and_go() {
	local number round failed=0
	fail_allocations 1
	for round in {1..40}; do
		if ! number=$(cat $control/hot_add); then
			failed=$((failed + 1))
			continue
		fi
		if echo 64M >"/sys/block/tmem$number/disksize"; then
			tmem-test storm "/dev/tmem$number" --operations 500 --pages 256 --seed "$round" --refusals
		else
			failed=$((failed + 1))
		fi
		echo "$number" >$control/hot_remove
	done
	fail_allocations 0
	echo "$failed of $round failed"
	((failed > 0))
	[[ $(echo /sys/block/tmem*) == "$sys" ]]
}

# A page that is refused stays in memory; the program never notices.
swap() {
	swap_on 128M
	fail_allocations 1
	count memory --mib 32 --threads 2 --page-out --rounds 2
	fail_allocations 0
	(($(counted swapped_kib) > 16 * 1024))
	(($(stat_of puts_refused) > 0))
	swap_off
}

# What they have in common is learnt meanwhile, at some time.
encoded_again() {
	set_size 64M
	tmem-test fill "$disk" --count 2200 --class text --seed 4
	fail_allocations 10
	echo 4 >/sys/kernel/tmem/recompress_idle_seconds
	within 60 reaches recompressed 600
	fail_allocations 0
	tmem-test verify "$disk" --count 2200 --class text --seed 4
	within 60 reaches recompressed 1600
	tmem-test verify "$disk" --count 2200 --class text --seed 4
	echo "# dictionaries: $(stat_of dictionaries)"
	blkdiscard "$disk"
	[[ $(stat_of pages) == 0 ]]
}

case_of "write, read, overwrite, discard and zero 4096 pages at random" storm
case_of "load and unload" loads
case_of "disks come and go" disks_come_and_go
case_of "pages are encoded again" encoded_again
case_of "swap" swap
