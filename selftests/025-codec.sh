#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The codec can be switched while pages are stored: each stays readable, new ones use the new one.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
codec=/sys/kernel/tmem/codec

switch_while_stored() {
	set_size 16M
	echo lz4 >$codec
	tmem-test fill "$disk" --count 512 --class text --seed 1
	[[ $(mm huge_pages) == 0 ]]
	echo raw >$codec
	tmem-test verify "$disk" --count 512 --class text --seed 1
	tmem-test fill "$disk" --first 512 --count 512 --class text --seed 1
	[[ $(mm huge_pages) == 512 ]]
	tmem-test fill "$disk" --first 0 --count 100 --class text --seed 2
	[[ $(mm huge_pages) == 612 ]]
	echo lz4 >$codec
	tmem-test verify "$disk" --first 100 --count 924 --class text --seed 1
	tmem-test verify "$disk" --count 100 --class text --seed 2
}

switch_under_load() {
	local pid turn
	set_size 16M
	tmem-test storm "$disk" --operations 20000 --pages 1024 --seed 3 &
	pid=$!
	for turn in {1..1000}; do
		echo raw >$codec
		echo lz4 >$codec
		[[ -d /proc/$pid ]] || break
		sleep 0.05
	done
	((turn > 5))
	wait "$pid"
}

disks_own_choice_wins() {
	echo 1 >$sys/reset
	echo raw >$sys/comp_algorithm
	[[ $(<$sys/comp_algorithm) == 'lz4 [raw]' && $(<$codec) == '[lz4] raw' ]]
	echo 16M >$sys/disksize
	tmem-test fill "$disk" --count 100 --class text
	[[ $(mm huge_pages) == 100 ]]
	# A reset forgets it.
	echo 1 >$sys/reset
	[[ $(<$sys/comp_algorithm) == '[lz4] raw' ]]
}

case_of "pages of both codecs side by side" switch_while_stored
case_of "switched again and again under load" switch_under_load
case_of "comp_algorithm overrides codec, until a reset" disks_own_choice_wins
