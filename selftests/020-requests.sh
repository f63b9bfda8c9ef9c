#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Requests of any shape that a disk may get, and those that it must refuse.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

small_disk() {
	set_size 16M
	tmem-test "$@"
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

nothing_changes_past_the_end() {
	set_size 4M
	tmem-test fill "$disk" --count 1024
	tmem-test bounds "$disk"
	tmem-test verify "$disk" --count 1023
	[[ $(stat_of pages) == 1024 ]]
}

misaligned_mapping_is_refused() {
	set_size 16M
	fails dmsetup create tmem-test --table "0 8 linear $disk 1"
	fails dmsetup create tmem-test --table "0 32769 linear $disk 0"
}

large_requests() {
	set_size 16M
	tmem-test fill "$disk" --count 4096 --request 1024 --seed 9
	tmem-test verify "$disk" --count 4096 --seed 9
}

reads_of_nothing_are_zeroes() {
	set_size 16M
	tmem-test verify "$disk" --count 4096 --empty
	[[ $(stat_of pages) == 0 ]]
}

case_of "past the end, and misaligned: refused, and nothing changes" nothing_changes_past_the_end
case_of "device-mapper may not map it misaligned or past the end" misaligned_mapping_is_refused
case_of "memory in pieces, aligned to sectors only" small_disk pieces "$disk"
case_of "odd sizes through the page cache" small_disk cached "$disk"
case_of "requests of 4 MiB" large_requests
case_of "what was never written reads as zeroes, and costs nothing" reads_of_nothing_are_zeroes
