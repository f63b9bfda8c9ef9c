#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# tmpfs pages and shared memory go out and come back.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

shared_memory() {
	swap_on 128M
	count memory --kind shared --mib 32 --page-out --rounds 2
	(($(counted swapped_kib) > 28 * 1024))
}

files_under_a_limit() {
	mkdir -p /mnt/tmem
	mount -t tmpfs -o size=64M tmpfs /mnt/tmem
	in_cgroup 16M bash -c 'head -c 24M /dev/urandom >/mnt/tmem/random; cp /usr/bin/{bash,sqlite3} /mnt/tmem'
	sha256sum /mnt/tmem/* >"$scratch/first"
	(($(used_swap) > 8 * 1024))
	in_cgroup 16M sha256sum --quiet -c "$scratch/first"
	cmp /usr/bin/bash /mnt/tmem/bash
	cmp /usr/bin/sqlite3 /mnt/tmem/sqlite3
	(($(event $cgroup/memory.stat pswpin) > 2000))
}

files_survive_swapoff() {
	# They come back at the expense of the cgroup that wrote them.
	echo max >$cgroup/memory.max
	swap_off
	sha256sum --quiet -c "$scratch/first"
	umount /mnt/tmem
}

case_of "shared memory" shared_memory
case_of "files in a cgroup smaller than they are" files_under_a_limit
case_of "swapoff brings them all back" files_survive_swapoff
