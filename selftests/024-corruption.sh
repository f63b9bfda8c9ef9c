#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Damaged stored bytes give an I/O error, never wrong bytes, and harm no other page.
# dmesg: Read-error on swap-device
# dmesg: tmem0?: .*(damaged|corrupt|checksum)
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
corrupt=/sys/kernel/debug/tmem/corrupt
requires test -e $corrupt -- "there is no debugfs"

# damage_kind CODEC CLASS
damage_kind() {
	echo 1 >$sys/reset
	echo "$1" >$sys/comp_algorithm
	echo 16M >$sys/disksize
	tmem-test fill "$disk" --count 64 --class "$2" --seed 2
	for slot in '3 0' '17 5' '18 700'; do
		[[ $(writing "0 $slot" $corrupt) == ok ]]
	done
	tmem-test verify "$disk" --count 64 --class "$2" --seed 2 --damaged 3,17,18
	[[ $(stat_of corrupt_pages) == 3 && $(io failed_reads) == 3 ]]
}


# some_bytes CLASS BYTES: as many are kept of a page, at least.
some_bytes() {
	local byte
	for byte in 0 1 2 3 8 64 255 511 512 1000 1001 1300; do
		((byte < $2)) || break
		[[ $(writing "0 5 $byte" $corrupt) == ok ]]
		tmem-test verify "$disk" --first 5 --count 1 --class "$1" --seed 2 --damaged 5
		[[ $(writing "0 5 $byte" $corrupt) == ok ]]
		tmem-test verify "$disk" --first 5 --count 1 --class "$1" --seed 2
	done
}

overwriting_heals() {
	[[ $(writing '0 9 0' $corrupt) == ok ]]
	tmem-test fill "$disk" --first 9 --count 1 --class text --seed 8
	tmem-test verify "$disk" --first 9 --count 1 --class text --seed 8
}

hook_refuses() {
	tmem-test fill "$disk" --first 100 --count 1 --class word
	tmem-test fill "$disk" --first 101 --count 1 --class text
	[[ $(writing '0 100 0' $corrupt) == EINVAL ]]
	[[ $(writing '0 101 4096' $corrupt) == ERANGE ]]
	[[ $(writing '0 1000 0' $corrupt) == ENOENT && $(writing '0 99999999 0' $corrupt) == ENOENT ]]
	[[ $(writing '5 0 0' $corrupt) == ENODEV ]]
	for line in '' '0 1' '0 1 2 3' 'a b c' '-1 0 0' '0 101 -1' '0 101 99999999999999999999999'; do
		[[ -z $line || $(writing "$line" $corrupt) == EINVAL ]]
	done
	[[ $(writing "$(printf '9%.0s' {1..4096})" $corrupt) == EINVAL ]]
	tmem-test verify "$disk" --first 100 --count 1 --class word
	tmem-test verify "$disk" --first 101 --count 1 --class text
}

# A program whose page is gone gets a signal, not other bytes.
program_gets_a_signal() {
	local slot status=0
	swap_on 32M
	tmem-test memory --mib 8 --class text --page-out --seconds 60 &
	until (($(stat_of pages) > 1000)); do sleep 0.1; done
	for slot in {1..2047}; do echo "0 $slot 1" >$corrupt 2>/dev/null || true; done
	wait $! || status=$?
	((status == 128 + 7))
	swap_off
}

case_of "lz4" damage_kind lz4 text
case_of "lz4: bytes all over one page" some_bytes text 1301
case_of "zstd" damage_kind zstd text
case_of "zstd: bytes all over one page" some_bytes text 600
case_of "raw, because it does not compress" damage_kind lz4 random
case_of "raw: bytes all over one page" some_bytes random 1301
case_of "raw, by choice" damage_kind raw text
case_of "overwriting a damaged page heals it" overwriting_heals
case_of "the hook refuses what has no bytes" hook_refuses
case_of "swap: the program gets SIGBUS, not other bytes" program_gets_a_signal
