#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Another module uses the exported functions; tmem stays as long as that module does.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"
programs=$(command -v tmem-test)
module=${programs%/*}/modules/$(uname -r)/tmem-api-test.ko
results=/sys/kernel/debug/tmem-api-test

clean_up() {
	[[ ! -e /sys/module/tmem_api_test ]] || rmmod tmem_api_test
}

# case_passed TITLE: as the module itself says.
case_passed() {
	grep -E "ok [0-9]+ - $1\$" "$scratch/results" | grep -q '^ok'
}

loads() {
	# The disk's pool has metadata of its own.
	echo 1 >$sys/reset
	insmod "$module"
	[[ $(</sys/module/tmem/refcnt) == 1 ]]
	[[ $(stat_of pages) == 1 ]]
}

is_needed() {
	fails rmmod tmem
	[[ -e /sys/module/tmem && $(stat_of pages) == 1 ]]
}

goes() {
	rmmod tmem_api_test
	[[ $(</sys/module/tmem/refcnt) == 0 ]]
	gauges_are_zero
	rmmod tmem
	modprobe tmem disks=0
}

a_named_cgroup_pays() {
	make_cgroup named max
	insmod "$module" "cgroup=$(stat -c %i "$(group_of named)")"
	within 1 has_value named pages 1
	rmmod tmem_api_test
	has_value named pages 0
	remove_cgroup named
}

comes_again() {
	local round
	for round in {1..20}; do
		insmod "$module"
		fails grep '^not ok' $results
		rmmod tmem_api_test
	done
	: "$round"
	gauges_are_zero
}

case_of "a module that uses tmem loads" loads
cat $results >"$scratch/results" || true
while IFS= read -r title; do
	case_of "$title" case_passed "$title"
done < <(sed -nE 's/^(not )?ok [0-9]+ - //p' "$scratch/results")
case_of "tmem cannot be removed while it is there" is_needed
case_of "it goes, and tmem can go" goes
case_of "the cgroup that it names pays" a_named_cgroup_pays
case_of "and again and again" comes_again
