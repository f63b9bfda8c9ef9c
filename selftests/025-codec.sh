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
		echo zstd >$codec
		echo lz4 >$codec
		[[ -d /proc/$pid ]] || break
		sleep 0.05
	done
	((turn > 5))
	wait "$pid"
}

# zstd takes fewer bytes, and memory of its own: once, and none before it is chosen.
zstd_beside_others() {
	local lz4 memory
	load disksize=16M
	echo lz4 >$codec
	tmem-test fill "$disk" --count 512 --class text --seed 4
	lz4=$(stat_of stored_bytes) memory=$(stat_of metadata_bytes)
	echo zstd >$codec
	memory=$(($(stat_of metadata_bytes) - memory))
	((memory > 100 * 1024 * $(nproc) && memory <= 208 * 1024 * $(nproc)))
	tmem-test fill "$disk" --first 512 --count 512 --class text --seed 4
	(($(stat_of stored_bytes) - lz4 < lz4 * 9 / 10))
	[[ $(mm huge_pages) == 0 ]]
	tmem-test fill "$disk" --first 1024 --count 64 --class random --seed 4
	[[ $(mm huge_pages) == 64 ]]
	echo lz4 >$codec
	tmem-test fill "$disk" --first 256 --count 512 --class text --seed 5
	tmem-test verify "$disk" --count 256 --class text --seed 4
	tmem-test verify "$disk" --first 256 --count 512 --class text --seed 5
	tmem-test verify "$disk" --first 768 --count 256 --class text --seed 4
	tmem-test verify "$disk" --first 1024 --count 64 --class random --seed 4
}

zstd_memory_is_taken_once() {
	local before
	before=$(stat_of metadata_bytes)
	for _ in {1..50}; do
		echo zstd >$codec
		echo lz4 >$codec
	done
	[[ $(stat_of metadata_bytes) == "$before" ]]
}

# What is equal to a page kept by zstd is found.
zstd_pages_are_shared() {
	set_size 16M
	echo zstd >$codec
	tmem-test fill "$disk" --count 200 --class text --seed 6
	dd if=$disk of=$disk bs=4096 count=200 seek=1000 iflag=direct oflag=direct status=none
	[[ $(stat_of dedup_pages) == 200 ]]
	tmem-test verify "$disk" --count 200 --class text --seed 6
	cmp -n $((200 * 4096)) "$disk" "$disk" 0 $((1000 * 4096))
}

swap_by_zstd() {
	swap_on 128M
	count memory --mib 16 --class text --page-out
	(($(counted swapped_kib) > 16 * 1024 * 9 / 10))
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
	swap_off
	echo lz4 >$codec
}

disks_own_choice_wins() {
	echo 1 >$sys/reset
	echo raw >$sys/comp_algorithm
	[[ $(<$sys/comp_algorithm) == 'lz4 zstd [raw]' && $(<$codec) == '[lz4] zstd raw' ]]
	echo 16M >$sys/disksize
	tmem-test fill "$disk" --count 100 --class text
	[[ $(mm huge_pages) == 100 ]]
	# A reset forgets it.
	echo 1 >$sys/reset
	[[ $(<$sys/comp_algorithm) == '[lz4] zstd raw' ]]
}

case_of "pages of both codecs side by side" switch_while_stored
case_of "zstd beside the others" zstd_beside_others
case_of "zstd's memory is taken once" zstd_memory_is_taken_once
case_of "equal pages are found among those of zstd" zstd_pages_are_shared
case_of "swap by zstd: 16 MiB go out and come back whole" swap_by_zstd
case_of "switched again and again under load" switch_under_load
case_of "comp_algorithm overrides codec, until a reset" disks_own_choice_wins
