#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Equal pages are kept once, are each other's in nothing else, and go one by one.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

real=$(readlink -f /bin/bash)
pages=256
operations=100000
! is_debug_kernel || operations=20000

# copy_to PAGE: real pages, from that page of the disk on.
copy_to() {
	dd if="$real" of="$disk" bs=4k count=$pages seek="$1" oflag=direct status=none
}

same_at() {
	cmp -n $((pages * 4096)) <(dd if="$disk" bs=4k count=$pages skip="$1" iflag=direct status=none) "$real"
}

fresh() {
	set_size 64M
	echo "$1" >/sys/kernel/tmem/dedup
	copy_to 0
}

two_copies_cost_one() {
	local once
	fresh cgroup
	once=$(stat_of stored_bytes)
	(($(stat_of dedup_pages) < pages / 4))
	copy_to 1000
	[[ $(stat_of stored_bytes) == "$once" ]]
	(($(stat_of dedup_pages) >= pages - $(stat_of same_filled_pages)))
	[[ $(stat_of shared_bytes) == 0 ]]
	same_at 0 && same_at 1000
}

a_copy_outlives_the_other() {
	blkdiscard -o 0 -l $((pages * 4096)) "$disk"
	same_at 1000
	copy_to 2000
	tmem-test fill "$disk" --first 1000 --count $pages --seed 1
	same_at 2000
	tmem-test verify "$disk" --first 1000 --count $pages --seed 1
	blkdiscard "$disk"
	for name in pages stored_bytes arena_bytes dedup_pages shared_bytes same_filled_pages; do
		[[ $(stat_of $name) == 0 ]]
	done
}

off_shares_nothing() {
	fresh off
	copy_to 1000
	[[ $(stat_of dedup_pages) == 0 && $(stat_of shared_bytes) == 0 ]]
	same_at 0 && same_at 1000
}

# in_cgroup NAME COMMAND...: what it writes belongs to that cgroup.
in_cgroup() {
	local group=/sys/fs/cgroup/$1
	mkdir -p "$group"
	bash -c 'echo $$ >"$0/cgroup.procs" && "$@"' "$group" "${@:2}"
}

cgroups_share() {
	local once
	set_size 64M
	echo "$1" >/sys/kernel/tmem/dedup
	in_cgroup one dd if="$real" of="$disk" bs=4k count=$pages oflag=direct status=none
	once=$(stat_of stored_bytes)
	in_cgroup two dd if="$real" of="$disk" bs=4k count=$pages seek=1000 oflag=direct status=none
	same_at 0 && same_at 1000
	rmdir /sys/fs/cgroup/one /sys/fs/cgroup/two
	echo "# domain $1: $once bytes, then $(stat_of stored_bytes)"
	case $1 in
	global) [[ $(stat_of stored_bytes) == "$once" && $(stat_of shared_bytes) == "$once" ]] ;;
	cgroup) [[ $(stat_of stored_bytes) == $((2 * once)) && $(stat_of shared_bytes) == 0 ]] ;;
	esac
}

# settles: until nothing is shared that must not be.
settles() {
	for _ in {1..60}; do
		[[ $(stat_of dedup_pending_pages) != 0 ]] || return 0
		sleep 0.5
	done
	return 1
}

shares_are_split() {
	fresh "$1"
	copy_to 1000
	copy_to 2000
	(($(stat_of dedup_pages) > pages))
	echo "$2" >/sys/kernel/tmem/dedup
	settles
	[[ $(stat_of dedup_pages) == 0 && $(stat_of shared_bytes) == 0 ]]
	same_at 0 && same_at 1000 && same_at 2000
	blkdiscard "$disk"
	[[ $(stat_of pages) == 0 && $(stat_of stored_bytes) == 0 && $(stat_of arena_bytes) == 0 ]]
}

# Few pages of few contents, so that many are equal, and are written again just when they are split.
written_while_split() {
	local storm domain
	set_size 64M
	tmem-test storm "$disk" --operations "$operations" --threads 2 --pages 64 --contents 16 --seed 5 &
	storm=$!
	while [[ -d /proc/$storm ]]; do
		for domain in global off; do
			echo $domain >/sys/kernel/tmem/dedup
			sleep 0.02
		done
	done
	wait $storm
}

# A wider domain splits nothing.
shares_may_stay() {
	local before
	fresh cgroup
	copy_to 1000
	before=$(stat_of dedup_pages)
	echo global >/sys/kernel/tmem/dedup
	[[ $(stat_of dedup_pending_pages) == 0 ]]
	sleep 2
	[[ $(stat_of dedup_pages) == "$before" ]]
}

# A damaged content is no longer equal to anything: the next equal page is kept anew.
damage_is_not_shared() {
	fresh cgroup
	echo "0 5 100" >/sys/kernel/debug/tmem/corrupt
	copy_to 1000
	same_at 1000
	fails dd if="$disk" of=/dev/null bs=4k skip=5 count=1 iflag=direct status=none
}

others_may_not_look() {
	local name
	for name in dedup_pages dedup_pending_pages shared_bytes; do
		[[ $(stat -c %a /sys/kernel/tmem/stats/$name) == 400 ]]
	done
}

nonsense() {
	local before
	before=$(</sys/kernel/tmem/dedup)
	for value in '\n' x 0 cgroups 'cgroup global'; do
		[[ $(writing "$value" /sys/kernel/tmem/dedup) == EINVAL ]]
	done
	[[ $(</sys/kernel/tmem/dedup) == "$before" ]]
}

clean_up() {
	echo cgroup >/sys/kernel/tmem/dedup
}

case_of "two copies cost one" two_copies_cost_one
case_of "a copy outlives the other, and nothing stays" a_copy_outlives_the_other
case_of "off: nothing is shared" off_shares_nothing
case_of "domain cgroup: two cgroups share nothing" cgroups_share cgroup
case_of "domain global: two cgroups share" cgroups_share global
case_of "from cgroup to off: shares are split" shares_are_split cgroup off
case_of "from global to cgroup: shares are split" shares_are_split global cgroup
case_of "what is written while shares are split stays" written_while_split
case_of "from cgroup to global: they may stay" shares_may_stay
case_of "a damaged page is not shared" damage_is_not_shared
case_of "counters that tell are root's" others_may_not_look
case_of "nonsense changes nothing" nonsense
