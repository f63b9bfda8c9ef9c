#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# tmemctl: on, status, check and off do what they say in a guest, and off undoes exactly what on did.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
requires_program tmemctl

on_sets_all() {
	unload
	echo 3 >/proc/sys/vm/page-cluster
	tmemctl on --size 96M --mem-limit 48M
	[[ -e /sys/module/tmem && $(<$sys/disksize) == $((96 << 20)) && $(<$sys/mem_limit) == $((48 << 20)) ]]
	[[ $(awk '$1 == "/dev/tmem0" { print $5 }' /proc/swaps) == 100 ]]
	[[ $(</proc/sys/vm/page-cluster) == 0 ]]
	[[ $(</sys/module/zswap/parameters/enabled) == N ]]
}

twice_is_no_harm() {
	tmemctl on --size 96M --mem-limit 48M
	[[ $(grep -c tmem0 /proc/swaps) == 1 ]]
}

status_says_what_is() {
	tmem-test memory --mib 16 --class text --page-out --seconds 10 --rounds 1 &
	until (($(used_swap) > 8 * 1024)); do sleep 0.1; done
	tmemctl status
	tmemctl status | grep -q tmem0
	tmemctl status --json | python3 -c '
import json, sys
status = json.load(sys.stdin)
disk = status["disks"][0]
assert status["loaded"] and disk["name"] == "tmem0", status
assert disk["size_bytes"] == 96 << 20 and disk["limit_bytes"] == 48 << 20, disk
assert disk["swap"]["priority"] == 100 and disk["swap"]["used_bytes"] > 8 << 20, disk
assert status["held_bytes"] > 0 and status["stats"]["pages"] > 2000, status
'
	wait
}

check_finds_nothing() {
	tmemctl check
	tmemctl check --json | python3 -m json.tool
}

check_finds_zswap() {
	echo Y >/sys/module/zswap/parameters/enabled
	tmemctl check | grep -A 3 'zswap.*in front of tmem'
	tmemctl check --json | grep -q 'in front of tmem'
	echo N >/sys/module/zswap/parameters/enabled
}

off_undoes_it() {
	tmemctl off
	[[ ! -e /sys/module/tmem ]]
	fails grep -q tmem /proc/swaps
	[[ $(</proc/sys/vm/page-cluster) == 3 ]]
	fails grep -q tmem /proc/modules
}

off_leaves_what_was_there() {
	modprobe tmem
	set_size 64M
	tmemctl on
	tmemctl off
	[[ -e /sys/module/tmem && $(used_swap) == '' ]]
}

goes_above_other_swap() {
	unload
	modprobe zram num_devices=1
	echo 32M >/sys/block/zram0/disksize
	mkswap -q /dev/zram0
	swapon -p 300 /dev/zram0
	tmemctl on --size 64M
	(($(awk '$1 == "/dev/tmem0" { print $5 }' /proc/swaps) > 300))
	tmemctl off
	swapoff /dev/zram0
	rmmod zram
}

prints_its_papers() {
	tmemctl --help | grep -q status
	tmemctl man | grep -q '^\.TH'
	tmemctl completion bash | grep -q tmemctl
}

case_of "on: load, size, limit, swap, readahead, zswap" on_sets_all
case_of "on twice does no harm" twice_is_no_harm
case_of "status, for people and as JSON" status_says_what_is
case_of "check finds nothing in the way" check_finds_nothing
case_of "check finds zswap in the way" check_finds_zswap
case_of "off undoes exactly that" off_undoes_it
case_of "off leaves a module that was loaded before" off_leaves_what_was_there
case_of "on goes above a swap that is there" goes_above_other_swap
case_of "help, manual, completion" prints_its_papers
