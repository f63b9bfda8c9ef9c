#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Resets, sizes, opens, uses and looks from several threads at once: whoever has the disk open keeps what was written.
# smoke
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

one_disk() {
	count contest tmem0 --seconds 10
	(($(counted uses) > $(fewer 10)))
}

disks_come_and_go() {
	local pid number
	tmem-test contest tmem0 --seconds 6 &
	pid=$!
	while [[ -d /proc/$pid ]]; do
		number=$(<$control/hot_add)
		echo 1M >"/sys/block/tmem$number/disksize"
		tmem-test fill "/dev/tmem$number" --count 32
		tmem-test verify "/dev/tmem$number" --count 32
		echo "$number" >$control/hot_remove
	done
	wait "$pid"
}

resets_while_swapping() {
	local pid refused=0
	swap_on 64M
	tmem-test memory --mib "$(fewer 20)" --page-out --seconds 5 &
	pid=$!
	while [[ -d /proc/$pid ]]; do
		[[ $(writing 1 $sys/reset) == EBUSY ]]
		[[ $(writing 0 $control/hot_remove) == EBUSY ]]
		refused=$((refused + 1))
		# Let it get on.
		sleep 0.1
	done
	wait "$pid"
	((refused > $(fewer 10)))
	swap_off
}

case_of "one disk, six threads" one_disk
case_of "while other disks come and go" disks_come_and_go
case_of "a disk that is swapped on refuses every time" resets_while_swapping
