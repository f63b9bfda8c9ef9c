# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of cgroups: groups by their path, and what tmem says of them.

cgroups=/sys/kernel/tmem/cgroups

group_of() {
	echo "/sys/fs/cgroup/${1#/}"
}

# directory_of GROUP: what tmem shows of it.
directory_of() {
	echo "$cgroups/$(stat -c %i "$(group_of "$1")")"
}

value_of() {
	cat "$(directory_of "$1")/$2"
}

has_value() {
	[[ $(value_of "$1" "$2") == "$3" ]]
}

# make_cgroup GROUP MAX: with controllers for those inside it.
make_cgroup() {
	mkdir -p "$(group_of "$1")"
	[[ $1 != */* ]] || echo +memory >"$(group_of "${1%/*}")/cgroup.subtree_control"
	echo "$2" >"$(group_of "$1")/memory.max"
}

track() {
	echo "/$1" >$cgroups/track
}

# in_group GROUP CMD...: its own process, so that it alone is in the group.
in_group() {
	(
		echo "$BASHPID" >"$(group_of "$1")/cgroup.procs"
		shift
		"$@"
	)
}

# swap_out GROUP MIB [CLASS]: starts a program in the group whose memory is in swap, and stays there.
swap_out() {
	in_group "$1" tmem-test memory --mib "$2" ${3:+--class "$3"} --page-out --hold 600 >/dev/null &
	settles "$1"
}

# settles GROUP: it has pages, and their number no longer changes.
settles() {
	local before='' pages
	within 30 holds_pages "$1" 256
	while pages=$(value_of "$1" pages) && [[ $pages != "$before" ]]; do
		before=$pages
		sleep 2
	done
}

# fill_tmpfs GROUP MIB: pages of a tmpfs, which go to swap.
fill_tmpfs() {
	mkdir -p /mnt/tmem
	mount -t tmpfs tmpfs /mnt/tmem
	in_group "$1" head -c "$2M" /usr/bin/gcc* /usr/bin/perl* /usr/bin/python3* >/mnt/tmem/pages
	# Less than all of it is there to reclaim, which is no error here.
	echo 1G >"$(group_of "$1")/memory.reclaim" || true
}

holds_pages() {
	[[ -d $(directory_of "$1") ]] && (($(value_of "$1" pages) >= $2))
}

end_of() {
	echo 1 >"$(group_of "$1")/cgroup.kill"
	within 10 is_empty "$1"
}

is_empty() {
	[[ -z $(<"$(group_of "$1")/cgroup.procs") ]]
}

remove_cgroup() {
	within 10 rmdir "$(group_of "$1")"
}

# sum_of FILE: over all cgroups.
sum_of() {
	cat $cgroups/*/"$1" | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

only_root_is_left() {
	[[ $(find $cgroups -mindepth 1 -maxdepth 1 -type d) == "$cgroups/1" ]]
}
