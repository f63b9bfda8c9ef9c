#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# 100,000 page operations from several threads, against a reference.
# smoke
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

storm() {
	set_size 64M
	count storm "$disk" --operations "$(fewer 100000)" --threads 4 --pages 4096 --seed 7 --keep
}

figures_agree() {
	[[ $(stat_of pages) == "$(counted pages)" ]]
	[[ $(mm orig_data_size) == $((4096 * $(counted pages))) ]]
	[[ $(mm same_pages) == "$(counted same_filled)" ]]
	[[ $(stat_of same_filled_pages) == "$(counted same_filled)" ]]
	[[ $(stat_of slack_bytes) == $(($(stat_of arena_bytes) - $(stat_of stored_bytes))) ]]
	[[ $(stat_of puts_refused) == 0 && $(stat_of corrupt_pages) == 0 ]]
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

nothing_after_discard() {
	local name
	blkdiscard "$disk"
	for name in pages logical_bytes stored_bytes arena_bytes slack_bytes same_filled_pages; do
		[[ $(stat_of "$name") == 0 ]]
	done
	[[ $(mm orig_data_size) == 0 && $(mm mem_used_total) == 0 && $(mm huge_pages) == 0 ]]
}

case_of "write, read, overwrite, discard and zero 4096 pages at random" storm
case_of "the figures say exactly what the reference says" figures_agree
case_of "nothing is held after everything was discarded" nothing_after_discard
