#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A disk without a limit is written until memory runs out in the middle of a put: nothing accepted is lost, refusals are cheap
# and counted, and the machine stays up.
# guest: MEM=256 DISK=512M
# timeout: 300
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
max=/sys/kernel/tmem/max_bytes

# No limit but the memory itself.
writes_until_none_is_left() {
	set_size 4G
	echo 1T >$max
	count exhaust "$disk" --class random --refusals 5000
	(($(counted accepted) > $(fewer 20000)))
}

counts_it() {
	grep . $stats/*refused*
	[[ $(stat_of puts_refused) == "$(counted refused)" && $(stat_of pages) == "$(counted accepted)" ]]
	(($(stat_of puts_refused_early) > 0 && $(stat_of refused_usec) > 0))
	# To compress a page first would take longer.
	(($(stat_of refused_usec) < 50 * $(counted refused)))
}

gives_it_all_back() {
	blkdiscard "$disk"
	[[ $(stat_of pages) == 0 && $(stat_of arena_bytes) == 0 ]]
	tmem-test fill "$disk" --count 4000 --class random
	tmem-test verify "$disk" --count 4000 --class random
	blkdiscard "$disk"
	machine_works
}

case_of "a disk is written until no memory is left; all that was accepted is whole" writes_until_none_is_left
case_of "every refusal is counted, and cheap" counts_it
case_of "discarding gives the memory back" gives_it_all_back
