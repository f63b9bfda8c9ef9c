#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Disks come by hot_add and go by hot_remove.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

adds_and_removes() {
	local number
	number=$(<$control/hot_add)
	[[ $number == 1 ]]
	[[ -b /dev/tmem1 && $(</sys/block/tmem1/disksize) == 0 && $(</sys/block/tmem1/initstate) == 0 ]]
	echo 16M >/sys/block/tmem1/disksize
	tmem-test fill /dev/tmem1 --count 256
	tmem-test verify /dev/tmem1 --count 256
	echo 1 >$control/hot_remove
	[[ ! -e /sys/block/tmem1 && ! -e /dev/tmem1 ]]
	[[ $(stat_of pages) == 0 ]]
}

takes_the_lowest_free_number() {
	local number
	for number in 1 2 3; do [[ $(<$control/hot_add) == "$number" ]]; done
	echo 2 >$control/hot_remove
	[[ $(<$control/hot_add) == 2 ]]
	for number in 1 2 3; do echo "$number" >$control/hot_remove; done
	[[ $(echo /sys/block/tmem*) == "$sys" ]]
}

refuses_what_is_not_there() {
	[[ $(writing 7 $control/hot_remove) == ENODEV ]]
	[[ $(writing 4294967295 $control/hot_remove) == ENODEV ]]
	[[ $(writing 4294967296 $control/hot_remove) == EINVAL ]]
}

first_disk_can_go() {
	echo 0 >$control/hot_remove
	[[ ! -e $sys ]]
	gauges_are_zero
	[[ $(<$control/hot_add) == 0 ]]
}

many_come_and_go() {
	local number
	for number in {1..24}; do
		[[ $(<$control/hot_add) == "$number" ]]
		echo 1M >"/sys/block/tmem$number/disksize"
	done
	tmem-test fill /dev/tmem24 --count 256
	tmem-test verify /dev/tmem24 --count 256
	for number in {24..1}; do echo "$number" >$control/hot_remove; done
}

case_of "hot_add makes a disk without a size, hot_remove takes it with its pages" adds_and_removes
case_of "the lowest free number is taken" takes_the_lowest_free_number
case_of "a disk that is not there cannot be removed" refuses_what_is_not_there
case_of "the disk of the load can be removed, and another takes its number" first_disk_can_go
case_of "24 disks at once" many_come_and_go
