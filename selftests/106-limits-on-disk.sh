#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# With a disk below, what is beyond a cgroup's limit or its share goes there, the coldest first, and no put is lost.
# guest: DISK=512M,8M
# slow
# timeout: 480
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"
# shellcheck source=selftests/lib/backing.sh
. "${0%/*}/lib/backing.sh"

# swap_on_both: cold pages go down, and what does not compress stays.
swap_on_both() {
	swap_over $below 400M
	echo 1 >$sys/writeback
}

used_of() {
	echo $(($(value_of "$1" compressed_bytes) + $(value_of "$1" pages) * 48))
}

limited() {
	make_cgroup "$1" max
	track "$1"
	echo "$2" >"$(directory_of "$1")/limit_bytes"
}

a_limit_sends_pages_down() {
	swap_on_both
	limited one 1M
	make_cgroup two max
	swap_out two 4
	in_group one tmem-test memory --mib 16 --page-out --rounds 2
	(($(value_of one written_back_bytes) > 0 && $(bd bd_writes) > 0))
	[[ $(value_of two written_back_bytes) == 0 ]]
	end_of two
	remove_cgroup one
	remove_cgroup two
	swap_off
}

lowered() {
	local before
	swap_on_both
	make_cgroup one max
	swap_out one 8
	before=$(value_of one pages)
	echo 1M >"$(directory_of one)/limit_bytes"
	within 20 fits one
	echo "# pages: $before before, $(value_of one pages) after; on disk $(bd bd_count)" >>"$scratch/table"
	(($(value_of one pages) < before && $(bd bd_count) >= before - $(value_of one pages)))
	end_of one
	remove_cgroup one
	swap_off
}

fits() {
	(($(used_of "$1") <= $(value_of "$1" limit_effective_bytes)))
}

# Two programs of twice as much as there is, by weights of 1:3.
shares_follow_weights() {
	local group held sum=0 all=0
	swap_on_both
	for group in one two; do
		make_cgroup $group 8M
		track $group
		echo max >"$(directory_of $group)/limit_bytes"
	done
	echo 300 >"$(directory_of two)/weight"
	echo 6M >/sys/kernel/tmem/max_bytes
	for group in one two; do
		in_group $group tmem-test memory --mib 24 --seconds 600 --class text --rounds 1 >/dev/null &
	done
	within 60 has_gone_down
	sleep 20
	for _ in {1..10}; do
		sum=$((sum + $(used_of one)))
		all=$((all + $(used_of one) + $(used_of two)))
		sleep 1
	done
	held=$((100 * sum / all))
	echo "# weights 1:3 in swap: $held% and $((100 - held))%, wanted 25% and 75%" >>"$scratch/table"
	((held >= 20 && held <= 30))
	end_of one
	end_of two
	remove_cgroup one
	remove_cgroup two
	swap_off
}

has_gone_down() {
	(($(bd bd_count) > 1000))
}

clean_up() {
	echo "$most" >/sys/kernel/tmem/max_bytes
}

most=$(</sys/kernel/tmem/max_bytes)
case_of "what is beyond a cgroup's limit goes down, its own pages alone" a_limit_sends_pages_down
case_of "a limit that is lowered: the coldest go down" lowered
case_of "weights 1:3 of what is swapped" shares_follow_weights
cat "$scratch/table"
