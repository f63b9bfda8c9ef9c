#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What a cgroup may hold: limit_bytes binds it and all under it, and nobody else pays when it is reached.
# dmesg: Write-error on swap-device
# dmesg: constraint=CONSTRAINT_MEMCG
# dmesg: Memory cgroup out of memory
# dmesg: invoked oom-killer
# dmesg: Call Trace
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"

# used_of GROUP: what its limit binds.
used_of() {
	echo $(($(value_of "$1" compressed_bytes) + $(value_of "$1" pages) * $(<$cgroups/page_metadata_bytes)))
}

limited() {
	make_cgroup "$1" max
	track "$1"
	echo "$2" >"$(directory_of "$1")/limit_bytes"
}

# hoard GROUP SEED: puts persistent pages until it is refused, and waits.
hoard() {
	in_group "$1" tmem-test hoard --kind persistent --pages 3000 --seed "$2" -- sleep 600 >/dev/null &
	within 30 is_full "$1"
}

# is_full GROUP: it was refused pages, and holds nearly what it may.
is_full() {
	(($(value_of "$1" puts_refused) > 0))
	(($(used_of "$1") <= $(value_of "$1" limit_effective_bytes)))
	(($(used_of "$1") > $(value_of "$1" limit_effective_bytes) * 9 / 10))
}

a_limit_binds() {
	limited one 1M
	hoard one 1
	[[ $(value_of one compressed_bytes) == "$(stat_of stored_bytes)" ]]
	end_of one
	within 10 has_value one pages 0
	remove_cgroup one
}

it_binds_those_inside() {
	limited outer 2M
	make_cgroup outer/inner max
	make_cgroup outer/other max
	track outer/inner
	echo max >"$(directory_of outer/inner)/limit_bytes"
	in_group outer/inner tmem-test hoard --kind persistent --pages 3000 -- sleep 600 >/dev/null &
	within 30 is_full outer
	# The other may have what is left of that, which is not much.
	in_group outer/other tmem-test hoard --kind persistent --pages 100 --seed 7 >"$scratch/counts"
	(($(counted accepted) < 100))
	(($(used_of outer) <= $(value_of outer limit_effective_bytes)))
	end_of outer/inner
	remove_cgroup outer/inner
	remove_cgroup outer/other
	remove_cgroup outer
}

# Each pays in full for what both hold.
twins_are_both_stopped() {
	echo "$1" >/sys/kernel/tmem/dedup
	limited one 1M
	limited two 1M
	hoard one 1
	hoard two 1
	is_full one && is_full two
	end_of one
	remove_cgroup one
	sleep 1
	is_full two
	end_of two
	remove_cgroup two
	[[ $(stat_of pages) == 0 ]]
	echo cgroup >/sys/kernel/tmem/dedup
}

lowered_takes_effect() {
	local start
	limited one 4M
	limited two 4M
	in_group one tmem-test backlog --pages 1500 --seconds 600 >/dev/null &
	in_group two tmem-test backlog --pages 1500 --seconds 600 --seed 2 >/dev/null &
	within 30 has_value one ephemeral_pages 1500
	within 30 has_value two ephemeral_pages 1500
	start=$EPOCHREALTIME
	echo 512K >"$(directory_of one)/limit_bytes"
	# The writer does not wait for what it takes.
	((${EPOCHREALTIME/./} - ${start/./} < 1000000))
	within 2 fits one
	(($(value_of one evictions) > 500 && $(value_of two evictions) == 0))
	[[ $(value_of two ephemeral_pages) == 1500 ]]
	end_of one
	end_of two
	remove_cgroup one
	remove_cgroup two
}

fits() {
	(($(used_of "$1") <= $(value_of "$1" limit_effective_bytes)))
}

# A full cgroup's own ephemeral pages go, so that it can go on.
ephemeral_pages_make_room() {
	limited one 1M
	in_group one tmem-test backlog --seconds 5 >"$scratch/counts"
	(($(counted refused) < $(counted puts)))
	(($(value_of one evictions) > 500))
	remove_cgroup one
}

no_container_holds_more_outside_than_inside() {
	local status=0 bystander
	swap_on 256M
	make_cgroup greedy 4M
	make_cgroup good 32M
	in_group good tmem-test memory --mib 16 --seconds 20 --rounds 1 &
	bystander=$!
	in_group greedy tmem-test memory --mib 16 --class random || status=$?
	[[ $status == 137 ]]
	(($(event "$(group_of greedy)/memory.events" oom_kill) >= 1))
	wait "$bystander"
	(($(value_of greedy puts_refused) > 0))
	[[ ! -d $(directory_of good) || $(value_of good puts_refused) == 0 ]]
	remove_cgroup greedy
	remove_cgroup good
	swap_off
}

case_of "a limit binds what a cgroup holds" a_limit_binds
case_of "and all that is inside it" it_binds_those_inside
for domain in cgroup global off; do
	case_of "domain $domain: each pays in full for what two hold" twins_are_both_stopped $domain
done
case_of "a limit that is lowered: cold pages leave at once, nobody else's" lowered_takes_effect
case_of "at its limit its ephemeral pages make room" ephemeral_pages_make_room
case_of "a greedy container ends alone" no_container_holds_more_outside_than_inside
