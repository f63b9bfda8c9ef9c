#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What an unprivileged container sees of tmem: nothing of other tenants, nothing to write, no /dev/tmem unless it is given.
# timeout: 240
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/container.sh
. "${0%/*}/lib/container.sh"

# The other tenant has pages in the swap disk and in a pool.
start_tenant() {
	swap_on 64M
	# Nobody is to be refused here.
	echo max >/sys/kernel/tmem/cgroups/default_limit
	in_cgroup max tmem-test memory --mib 16 --class text --page-out --hold 600 >/dev/null &
	setsid tmem-test hoard --kind persistent --pages 100 -- sleep 600 >/dev/null &
	hoard=$!
	until (($(used_swap) > 8 * 1024)) && grep -qs pid /sys/kernel/tmem/pools/*/owner; do sleep 0.1; done
}

clean_up() {
	kill -- "-$hoard"
	chmod 600 /dev/tmem
}

# within_container FUNCTION OPTION...: it is run in a container.
within_container() {
	in_container /tmem-tenant "${@:2}" <<<"set -o pipefail; $(declare -f fails our_files "$1"); set -x; $1"
}

our_files() {
	find /sys/kernel/tmem ! -readable -type d -prune -o -type f -print
	find /sys/module/tmem/parameters /sys/class/tmem-control/hot_* -type f
	find /sys/block/tmem0/ -maxdepth 1 -type f
}

reads_nothing_of_others() {
	local file
	our_files >/tmp/files
	(($(wc -l </tmp/files) > 30))
	for file in pools cgroups; do fails ls /sys/kernel/tmem/$file; done
	# Root's cgroup, and the first disk's pool, which are there.
	for file in cgroups/1/pages pools/0/pages; do [[ $(cat /sys/kernel/tmem/$file 2>&1) == *"Permission denied" ]]; done
	while read -r file; do
		case $file in
		*/dedup_* | */shared_bytes | */hot_*) fails cat "$file" ;;
		esac
	done </tmp/files
	# What is public, and more than nothing, tells of no tenant.
	(($(cat /sys/kernel/tmem/stats/puts) > 0))
	fails grep -rs tmem-test /sys/kernel/tmem /sys/block/tmem0/
}

writes_nothing() {
	local file
	{
		our_files
		printf '%s\n' /sys/kernel/tmem/cgroups/{default_limit,track,1/weight}
	} | while read -r file; do
		[[ $(tmem-test attribute "$file" -- 1) == E@(ACCES|ROFS|PERM) ]]
	done
}

finds_no_way_around() {
	[[ -z $(find /dev -name '*tmem*') ]]
	fails mknod /tmp/tmem c 10 "$(sed -n 's/ tmem$//p' /proc/misc)"
	fails mount -t devtmpfs devtmpfs /tmp
	fails mount -t debugfs debugfs /tmp
	fails rmmod tmem
	fails swapoff /dev/tmem0
}

uses_what_it_was_given() {
	tmem-test hoard --kind ephemeral --pages 100
	# A root of a user namespace is no administrator.
	[[ $(tmem-test hoard --kind persistent --pages 1) == accepted=0* ]]
}

given_the_device() {
	chmod 666 /dev/tmem
	within_container uses_what_it_was_given /dev/tmem
	chmod 600 /dev/tmem
	fails within_container uses_what_it_was_given /dev/tmem
	# Those of the tenant and of the disk: the container's went with it.
	[[ $(find /sys/kernel/tmem/pools -mindepth 1 -maxdepth 1 | wc -l) == 2 ]]
}

# Its reclaim looks up its own cgroup from a namespace where that is the root.
pays_for_itself() {
	local above=/sys/fs/cgroup/tmem-tenants account container
	mkdir $above
	echo 8M >$above/memory.max
	in_container /tmem-tenants/one <<<"tmem-test memory --mib 16 --class text --rounds 1 --hold 5" &
	container=$!
	until account=$(grep -lx /tmem-tenants/one /sys/kernel/tmem/cgroups/*/path); do sleep 0.1; done
	[[ $account == */$(stat -c %i $above/one)/path ]]
	until (($(cat "${account%path}pages") > 1000)); do sleep 0.1; done
	wait $container
	# The directory goes with the cgroup and its last page.
	sleep 3
	[[ ! -e $account ]]
	rmdir $above
}

start_tenant
for privileges in usual privileged; do
	case_of "a container ($privileges) reads nothing of others" within_container reads_nothing_of_others $privileges
	case_of "a container ($privileges) writes nothing" within_container writes_nothing $privileges
	case_of "a container ($privileges) finds no way around" within_container finds_no_way_around $privileges
done
case_of "what a container swaps is charged to its cgroup" pays_for_itself
case_of "/dev/tmem is a container's if it is given, with a user's rights" given_the_device
