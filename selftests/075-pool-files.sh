#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# /sys/kernel/tmem/pools: a directory for each pool, as long as there is one, that adds up.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
requires test -e /dev/tmem -- "there is no /dev/tmem"

pools=/sys/kernel/tmem/pools
export pools

# all NAME: that file of every pool.
all() {
	cat $pools/*/"$1" | sort | paste -sd ' '
}

the_disk_is_a_pool() {
	set_size 64M
	tmem-test fill "$disk" --count 300 --class text --seed 1
	[[ $(all owner) == tmem0 && $(all kind) == persistent && $(all pages) == 300 ]]
	[[ $(all stored_bytes) == $(stat_of stored_bytes) ]]
	(($(all objects) > 0))
	echo 1 >$sys/reset
	[[ -z $(ls $pools) ]]
}

programs_have_pools() {
	count hoard --kind ephemeral --pages 100 -- bash -ec shows_the_program
	[[ $(find $pools -mindepth 1 | wc -l) == 0 ]]
}

shows_the_program() {
	[[ $(cat $pools/*/kind) == ephemeral && $(cat $pools/*/pages) == 100 && $(cat $pools/*/owner) == "pid "* ]]
}

for_root_alone() {
	local file
	set_size 64M
	for file in "$pools"/*/*; do
		[[ $(stat -c %a "$file") == 400 ]]
	done
}

# Read while pools come and go.
contest() {
	local reader
	while true; do cat $pools/*/* || true; done >/dev/null 2>&1 &
	reader=$!
	for _ in {1..60}; do
		tmem-test hoard --kind ephemeral --pages 20 >/dev/null
		set_size 64M
	done
	kill $reader
	wait $reader 2>/dev/null || true
	echo 1 >$sys/reset
	[[ -z $(ls $pools) ]]
}

export -f shows_the_program

case_of "a disk with a size is a pool, and what it holds adds up" the_disk_is_a_pool
case_of "a program's pool is there until it ends" programs_have_pools
case_of "for root alone" for_root_alone
case_of "read while pools come and go" contest
