#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# swapoff and swapon again and again under a program that is swapping.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

turns() {
	local pid turn status=0 seconds=12
	! is_debug_kernel || seconds=60
	swap_on 256M
	tmem-test memory --mib 48 --threads 2 --page-out --seconds $seconds &
	pid=$!
	for turn in {1..100}; do
		sleep 0.5
		[[ -d /proc/$pid ]] || break
		swap_off
		[[ $(stat_of pages) -le 1 ]]
		mkswap -q "$disk"
		swapon -p 100 "$disk"
	done
	echo "# $turn turns"
	wait "$pid" || status=$?
	[[ $status == 0 ]]
	((turn > 3))
	(($(stat_of puts) > 1000))
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
	swap_off
}

case_of "a program of 48 MiB loses nothing" turns
