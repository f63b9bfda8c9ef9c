#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Discard, blkdiscard and write-zeroes give memory back, and what they touched reads as zeroes.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

# emptied CMD...: of 2048 pages, the command is to take 1000 to 1999.
emptied() {
	local before
	set_size 16M
	tmem-test fill "$disk" --count 2048 --class text --seed 5
	before=$(stat_of stored_bytes)
	"$@"
	[[ $(stat_of pages) == 1048 && $(stat_of flushes) == 1000 && $(mm orig_data_size) == $((1048 * 4096)) ]]
	between $((before * 48 / 100)) "$(stat_of stored_bytes)" $((before * 54 / 100))
	tmem-test verify "$disk" --count 1000 --class text --seed 5
	tmem-test verify "$disk" --first 1000 --count 1000 --empty
	tmem-test verify "$disk" --first 2000 --count 48 --class text --seed 5
}

can_be_written_again() {
	tmem-test fill "$disk" --first 900 --count 200 --seed 6
	tmem-test verify "$disk" --first 900 --count 200 --seed 6
}

costs_nothing_twice() {
	local flushes
	blkdiscard "$disk"
	flushes=$(stat_of flushes)
	blkdiscard "$disk"
	[[ $(stat_of flushes) == "$flushes" && $(stat_of pages) == 0 ]]
}

range=(-o $((1000 * 4096)) -l $((1000 * 4096)))
case_of "blkdiscard" emptied blkdiscard "${range[@]}" "$disk"
case_of "blkdiscard -z (write zeroes)" emptied blkdiscard -z "${range[@]}" "$disk"
case_of "fallocate --punch-hole" emptied fallocate -p "${range[@]}" "$disk"
case_of "fallocate --zero-range" emptied fallocate -z "${range[@]}" "$disk"
case_of "emptied pages can be written again" can_be_written_again
case_of "discarding nothing is nothing" costs_nothing_twice
