#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A flood of pages built to collide costs a bounded number of instructions each, and harms no page.
# kernel: stock
# guest: ICOUNT=1 CPUS=1
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
weak=/sys/kernel/debug/tmem/weak_hash
requires test -e $weak -- "there is no debugfs"
pages=20000
# What the boot left to do is counted, too.
sleep 5

# flood 0|1: with good hashes, or equal ones. The key is a store's, which ends with its last pool.
flood() {
	echo 1 >$sys/reset
	echo "$1" >$weak
	count flood --pages $pages
	printf '# %-12s put %6d, of the last %6d, at most %7d; free %5d, of the last %5d, at most %6d\n' "$2" "$(counted put)" \
		"$(counted put_last)" "$(counted put_most)" "$(counted free)" "$(counted free_last)" "$(counted free_most)" >>"$scratch/table"
}

usual() {
	flood 0 'keyed:'
	counted put >"$scratch/put"
	counted free >"$scratch/free"
}

# Two comparisons and the way along a chain more.
collisions() {
	flood 1 'colliding:'
	(($(counted put_last) * 10 <= $(<"$scratch/put") * 25))
	(($(counted free_last) * 10 <= $(<"$scratch/free") * 20))
	(($(counted put_most) <= 1000000 && $(counted free_most) <= 1000000))
}

# Equal pages are still found, unlike ones told apart.
right_pages() {
	set_size 64M
	tmem-test fill "$disk" --count 2000 --class mixed --seed 1
	tmem-test fill "$disk" --first 4000 --count 2000 --class mixed --seed 1
	tmem-test storm "$disk" --operations 20000 --threads 2 --pages 2000 --seed 3
	tmem-test verify "$disk" --first 4000 --count 2000 --class mixed --seed 1
}

nonsense() {
	local value
	for value in 2 x -1 '0 1' '\n'; do
		[[ $(writing "$value" $weak) == EINVAL ]]
	done
}

clean_up() {
	echo 0 >$weak
}

case_of "pages with a hash of their own" usual
case_of "pages that all have the same" collisions
case_of "each is what it was" right_pages
case_of "nonsense changes nothing" nonsense
cat "$scratch/table"
