#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Work on a cgroup's pages in the background: counted for it, done when it is near its limit, and not while it gets no CPU.
# slow
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"
knobs=/sys/kernel/tmem

# idle_in SECONDS: pages are idle after so long, and work on them may take the whole CPU.
idle_in() {
	echo "$1" >$knobs/recompress_idle_seconds
	echo 100 >$knobs/recompress_cpu_percent
}

ends() {
	end_of "$1"
	remove_cgroup "$1"
	swap_off
	clean_up
}

is_denser() {
	(($(value_of "$1" compressed_bytes) < $2 * 19 / 20))
}

is_counted() {
	local before
	idle_in 0
	swap_on 128M
	make_cgroup one max
	swap_out one 8
	before=$(value_of one compressed_bytes)
	[[ $(value_of one recompress_usec) == 0 ]]
	idle_in 4
	within 60 is_denser one "$before"
	(($(value_of one recompress_usec) > 1000))
	ends one
}

# Long before they would be idle by themselves.
is_done_at_a_limit() {
	local before
	idle_in 200
	swap_on 128M
	make_cgroup one max
	make_cgroup two max
	swap_out one 8
	swap_out two 8
	before=$(value_of one compressed_bytes)
	sleep 55
	echo $((before + $(value_of one pages) * 48)) >"$(directory_of one)/limit_bytes"
	within 60 is_denser one "$before"
	[[ $(value_of two recompress_usec) == 0 ]]
	end_of two
	remove_cgroup two
	ends one
}

waits_for_the_cpu() {
	local before worked
	idle_in 0
	swap_on 128M
	make_cgroup one max
	echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
	swap_out one 8
	echo "1000 100000" >"$(group_of one)/cpu.max"
	cp "$(type -P bash)" "$scratch/hog"
	in_group one "$scratch/hog" -c 'while :; do :; done' &
	sleep 12
	grep full "$(group_of one)/cpu.pressure"
	before=$(value_of one compressed_bytes)
	worked=$(value_of one recompress_usec)
	idle_in 4
	sleep 12
	grep full "$(group_of one)/cpu.pressure"
	[[ $(value_of one recompress_usec) == "$worked" ]]
	pkill -x hog
	echo max >"$(group_of one)/cpu.max"
	within 60 is_denser one "$before"
	ends one
}

clean_up() {
	echo 600 >$knobs/recompress_idle_seconds
	echo 10 >$knobs/recompress_cpu_percent
}

case_of "it is counted" is_counted
case_of "near its limit a cgroup's pages become denser early, nobody else's" is_done_at_a_limit
case_of "a cgroup at its cpu.max is left alone" waits_for_the_cpu
