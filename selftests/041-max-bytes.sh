#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# max_bytes caps arena and metadata of all disks together.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
max=/sys/kernel/tmem/max_bytes

held() {
	echo $(($(stat_of arena_bytes) + $(stat_of metadata_bytes)))
}

caps_both_disks() {
	load disks=2 disksize=64M
	echo 8M >$max
	[[ $(<$max) == $((8 << 20)) ]]
	tmem-test fill /dev/tmem1 --count 1000 --class random --seed 3
	count exhaust /dev/tmem0 --class random --refusals 1000
	[[ $(counted error_ENOSPC) == 1000 ]]
	(($(held) <= 8 << 20))
	(($(held) >= 7 << 20))
	tmem-test verify /dev/tmem1 --count 1000 --class random --seed 3
	fails tmem-test fill /dev/tmem1 --first 5000 --count 1 --class random
}

room_of_one_is_room_of_the_other() {
	blkdiscard /dev/tmem1
	# The other disk notices when it next tries.
	sleep 0.1
	tmem-test fill /dev/tmem0 --first 8000 --count 800 --class random --seed 4
	tmem-test verify /dev/tmem0 --first 8000 --count 800 --class random --seed 4
}

# Pages of one word need no arena, but each stride of the table that is written first.
metadata_alone() {
	set_size 64G
	echo $(($(held) + (1 << 20))) >$max
	count exhaust "$disk" --class word --stride 240 --refusals 100
	(($(held) <= $(<$max)))
}

nothing_at_all() {
	set_size 16M
	echo 0 >$max
	fails tmem-test fill "$disk" --count 1 --class text
	echo 64M >$max
	tmem-test fill "$disk" --count 1 --class text
}

case_of "two disks share the cap, metadata included" caps_both_disks
case_of "what one gives back, the other can take" room_of_one_is_room_of_the_other
case_of "metadata alone is bound as well" metadata_alone
case_of "0 allows nothing" nothing_at_all
