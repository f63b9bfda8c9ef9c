#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Of some pages of a cgroup that has many, a dictionary is made, with which the others take less. It is that cgroup's alone, stays as
# long as a page needs it, and no longer.
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"

module=/sys/kernel/tmem
corrupt=/sys/kernel/debug/tmem/corrupt
many=2200
few=1000
requires test -e $corrupt -- "there is no debugfs"

# is STAT NUMBER: just that.
is() {
	(($(stat_of "$1") == $2))
}

# settled NUMBER: so many pages were encoded densely.
settled() {
	within 90 reaches recompressed "$1"
	echo 0 >$module/recompress_idle_seconds
}

# fill COUNT CLASS: pages of the cgroup `one`, until they are dense.
fill() {
	set_size 64M
	echo 0 >$module/recompress_idle_seconds
	in_group one tmem-test fill "$disk" --count "$1" --class "$2" --seed 4
	echo 4 >$module/recompress_idle_seconds
	settled "$1"
}

verify() {
	tmem-test verify "$disk" --count "$many" --class text --seed 4 "$@"
}

bytes_of_page() {
	echo $(($(stat_of stored_bytes) / $(stat_of pages)))
}

with_many_pages_they_take_less() {
	local without
	fill $few text
	is dictionaries 0
	without=$(bytes_of_page)
	fill $many text
	is dictionaries 1
	echo "# bytes a page: $without, with a dictionary $(bytes_of_page)"
	(($(bytes_of_page) < without * 9 / 10))
	verify
	is corrupt_pages 0
}

# The pages of the case before.
equal_pages_are_found() {
	local before
	before=$(stat_of stored_bytes)
	in_group one dd if="$disk" of="$disk" bs=4k count=$many seek=$many iflag=direct oflag=direct status=none
	reaches dedup_pages $((many - 10))
	[[ $(stat_of stored_bytes) == "$before" ]]
	blkdiscard -o $((many * 4096)) "$disk"
	verify
}

damage_is_seen() {
	[[ $(writing '0 2000 100' $corrupt) == ok ]]
	verify --damaged 2000
	is corrupt_pages 1
}

# Its pages stay, and can be read.
it_outlives_its_cgroup() {
	rmdir "$(group_of one)"
	verify --damaged 2000
	mkdir "$(group_of one)"
}

it_goes_with_its_pages() {
	local before
	is dictionaries 1
	before=$(stat_of metadata_bytes)
	echo 60 >$module/recompress_idle_seconds
	blkdiscard "$disk"
	within 40 is dictionaries 0
	echo "# tables $before bytes, then $(stat_of metadata_bytes)"
	(($(stat_of metadata_bytes) < before - 40000))
}

# Else the sizes of its pages would tell what others hold; and nobody could say when it may go.
another_cgroup_shares_no_such_page() {
	echo global >$module/dedup
	fill $many text
	is dictionaries 1
	dd if="$disk" of="$scratch/pages" bs=4k count=$many iflag=direct status=none
	in_group two dd if="$scratch/pages" of="$disk" bs=4k seek=$many oflag=direct status=none
	echo "# $(stat_of dedup_pages) of $many pages are shared"
	(($(stat_of dedup_pages) < many / 3))
	verify
	blkdiscard -o 0 -l $((many * 4096)) "$disk"
	echo 60 >$module/recompress_idle_seconds
	within 40 is dictionaries 0
	cmp "$scratch/pages" <(dd if="$disk" bs=4k skip=$many count=$many iflag=direct status=none)
}

# Pages with nothing in common, but zeroes.
one_that_saves_nothing_goes() {
	fill $many half
	is dictionaries 0
	tmem-test verify "$disk" --count $many --class half --seed 4
}

clean_up() {
	echo cgroup >$module/dedup
	rmdir "$(group_of one)" "$(group_of two)"
}

mkdir -p "$(group_of one)" "$(group_of two)"
echo 100 >$module/recompress_cpu_percent
case_of "pages of a cgroup that has many take less" with_many_pages_they_take_less
case_of "equal pages are found" equal_pages_are_found
case_of "a damaged page is seen" damage_is_seen
case_of "it outlives its cgroup" it_outlives_its_cgroup
case_of "it goes with its pages" it_goes_with_its_pages
case_of "another cgroup shares no such page" another_cgroup_shares_no_such_page
case_of "one that saves nothing goes" one_that_saves_nothing_goes
