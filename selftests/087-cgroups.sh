#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# /sys/kernel/tmem/cgroups: who pays for what is kept, while the cgroup is there and after.
# slow
# timeout: 600
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"

root_is_there() {
	[[ $(value_of / path) == / && $(value_of / weight) == 100 && $(value_of / limit_bytes) == 100% ]]
	[[ $(value_of / limit_effective_bytes) == max ]]
}

# comes_soon CGROUP: within a second of the first charge.
comes_soon() {
	within 1 test -d "$(directory_of "$1")"
}

a_directory_comes() {
	swap_on 256M
	make_cgroup one max
	in_group one tmem-test memory --mib 8 --page-out --hold 600 >/dev/null &
	within 30 holds_pages / 2
	comes_soon one
	[[ $(value_of one path) == /one ]]
}

pages_are_those_in_swap() {
	local kib
	settles one
	kib=$(($(<"$(group_of one)/memory.swap.current") / 1024))
	# The kernel keeps pages of zeroes itself.
	(($(value_of one pages) * 4 <= kib && $(value_of one pages) * 4 > kib / 2))
	[[ $(value_of one pages) == "$(value_of one persistent_pages)" ]]
	[[ $(value_of one logical_bytes) == $(($(value_of one pages) * 4096)) ]]
	(($(value_of one compressed_bytes) > 0 && $(value_of one compressed_bytes) <= $(stat_of stored_bytes)))
}

nothing_is_paid_twice() {
	[[ $(sum_of local_resident_bytes) == $(($(stat_of stored_bytes) - $(stat_of shared_bytes))) ]]
	[[ $(sum_of local_pages) == "$(stat_of pages)" && $(value_of / pages) == "$(stat_of pages)" ]]
}

those_above_see_it() {
	make_cgroup outer max
	make_cgroup outer/inner max
	swap_out outer/inner 8
	comes_soon outer
	[[ $(value_of outer pages) == "$(value_of outer/inner pages)" && $(value_of outer local_pages) == 0 ]]
	nothing_is_paid_twice
}

a_removed_ones_go_up() {
	local pages directory
	directory=$(directory_of outer/inner)
	make_cgroup outer/tmpfs max
	fill_tmpfs outer/tmpfs 4
	settles outer/tmpfs
	pages=$(value_of outer/tmpfs pages)
	remove_cgroup outer/tmpfs
	end_of outer/inner
	remove_cgroup outer/inner
	within 2 test ! -e "$directory"
	within 2 has_value outer local_pages "$pages"
	nothing_is_paid_twice
}

accounts_end() {
	local directory
	directory=$(directory_of outer)
	umount /mnt/tmem
	remove_cgroup outer
	end_of one
	remove_cgroup one
	swap_off
	echo 1 >$sys/reset
	within 2 test ! -e "$directory"
	within 2 only_root_is_left
	[[ $(value_of / pages) == 0 && $(value_of / resident_bytes) == 0 ]]
}

tracked_at_once() {
	make_cgroup empty max
	echo /empty >$cgroups/track
	[[ $(value_of empty path) == /empty && $(value_of empty pages) == 0 ]]
	[[ $(writing /nothing $cgroups/track) == ENOENT && $(writing 0 $cgroups/track) != ok ]]
	[[ $(writing 99999999 $cgroups/track) == ENOENT && $(writing nonsense $cgroups/track) == EINVAL ]]
	remove_cgroup empty
	within 2 only_root_is_left
}

settings_are_inherited() {
	make_cgroup slice 64M
	make_cgroup slice/unit 32M
	track slice/unit
	[[ $(value_of slice/unit limit_effective_bytes) == $((32 << 20)) && $(value_of slice limit_effective_bytes) == $((64 << 20)) ]]
	echo 50% >"$(directory_of slice)/limit_bytes"
	echo 300 >"$(directory_of slice)/weight"
	[[ $(value_of slice/unit limit_bytes) == 50% && $(value_of slice/unit weight) == 300 ]]
	[[ $(value_of slice/unit limit_effective_bytes) == $((16 << 20)) ]]
	remove_cgroup slice/unit
	make_cgroup slice/unit max
	track slice/unit
	[[ $(value_of slice/unit limit_effective_bytes) == $((32 << 20)) && $(value_of slice/unit weight) == 300 ]]
	echo 40M >"$(group_of slice/unit)/memory.max"
	within 1 has_value slice/unit limit_effective_bytes $((20 << 20))
	echo 8M >"$(directory_of slice/unit)/limit_bytes"
	[[ $(value_of slice/unit limit_bytes) == 8M && $(value_of slice/unit limit_effective_bytes) == $((8 << 20)) ]]
	echo 25% >$cgroups/default_limit
	[[ $(value_of slice limit_bytes) == 50% && $(value_of / limit_bytes) == 25% ]]
	echo 100% >$cgroups/default_limit
	remove_cgroup slice/unit
	remove_cgroup slice
}

nonsense_changes_nothing() {
	local name value
	make_cgroup bad max
	track bad
	for name in weight limit_bytes reserve_bytes; do
		value=$(value_of bad $name)
		for text in '\n' ' ' -1 nonsense 1.5 '1 2' 99999999999999999999 '101%%' "$(printf '9%.0s' {1..4000})"; do
			[[ $(writing "$text" "$(directory_of bad)/$name") != ok ]]
		done
		[[ $(value_of bad $name) == "$value" ]]
	done
	[[ $(writing 0 "$(directory_of bad)/weight") == EINVAL && $(writing 10001 "$(directory_of bad)/weight") == EINVAL ]]
	remove_cgroup bad
}

# for_root_alone: what tells one tenant about another.
for_root_alone() {
	fails setpriv --reuid=65534 --regid=65534 --clear-groups cat $cgroups/*/pages
	[[ -z $(find $cgroups -type f -perm /077) ]]
}

each_reading_adds_up() {
	swap_on 256M
	make_cgroup one 16M
	make_cgroup two 16M
	in_group one tmem-test memory --mib 24 --rounds 1000 >/dev/null &
	in_group two tmem-test memory --mib 24 --rounds 1000 >/dev/null &
	within 30 holds_pages two 256
	count charges /sys/kernel/debug/tmem/charges --readings "$readings"
	(($(counted different) > readings / 50))
	end_of one
	end_of two
	remove_cgroup one
	remove_cgroup two
	swap_off
}

readings=$(fewer 10000)
case_of "the root's directory" root_is_there
case_of "a cgroup's comes within a second of its first page" a_directory_comes
case_of "its pages are those in swap" pages_are_those_in_swap
case_of "nothing is paid twice, or by nobody" nothing_is_paid_twice
case_of "cgroups above see it, too" those_above_see_it
case_of "a removed one's pages go to the nearest above" a_removed_ones_go_up
case_of "accounts end with their last page" accounts_end
case_of "track: at once" tracked_at_once
case_of "settings are inherited, and follow memory.max" settings_are_inherited
case_of "nonsense changes nothing" nonsense_changes_nothing
case_of "for root alone" for_root_alone
case_of "$readings readings under load: each adds up" each_reading_adds_up
