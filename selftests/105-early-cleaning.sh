#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Old pages are written early and kept, so that they leave without I/O later; pages that do not compress take no RAM.
# guest: DISK=512M,8M
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/backing.sh
. "${0%/*}/lib/backing.sh"
limit=$((8 << 20))

# Seven eighths of what may be held, so that none has to leave; the first of them are old.
written_early() {
	set_backing $below 64M
	echo $limit >$sys/mem_limit
	echo 1 >$sys/writeback
	tmem-test fill "$disk" --count 1700 --class random --seed 3
	for _ in {1..50}; do
		(($(bd bd_writes) < 500)) || break
		sleep 0.1
	done
	cat $sys/bd_stat
	(($(bd bd_writes) >= 500))
	[[ $(stat_of pages) == 1700 && $(bd bd_count) == 0 ]]
}

# Reading takes nothing from the disk below.
are_in_memory_too() {
	tmem-test verify "$disk" --count 1700 --class random --seed 3
	[[ $(bd bd_reads) == 0 ]]
}

below_are() {
	(($(bd bd_count) >= $1))
}

# Room for new pages is made without writing: fewer are written than leave.
leave_without_writing() {
	local written
	until written=$(bd bd_writes); sleep 1; [[ $(bd bd_writes) == "$written" ]]; do :; done
	echo 0 >$sys/writeback_limit
	echo 1 >$sys/writeback_limit_enable
	echo 1 >$sys/writeback_limit
	# No more at once than there is room for.
	tmem-test fill "$disk" --first 4000 --count 340 --class random --seed 4
	within 5 below_are 50
	tmem-test fill "$disk" --first 4340 --count 60 --class random --seed 4
	within 5 below_are 100
	cat $sys/bd_stat
	(($(bd bd_count) >= 100 && $(bd bd_writes) - written < $(bd bd_count)))
	tmem-test verify "$disk" --count 1700 --class random --seed 3
	tmem-test verify "$disk" --first 4000 --count 400 --class random --seed 4
}

# What was written early and is overwritten is no longer what the disk below has.
overwritten_ones_stay() {
	set_backing $below 64M
	echo $limit >$sys/mem_limit
	echo 1 >$sys/writeback
	tmem-test fill "$disk" --count 1700 --class random --seed 5
	sleep 4
	(($(bd bd_writes) >= 500))
	tmem-test fill "$disk" --count 1700 --class random --seed 6
	tmem-test fill "$disk" --first 4000 --count 1000 --class random --seed 7
	tmem-test verify "$disk" --count 1700 --class random --seed 6 --request 20
	tmem-test verify "$disk" --first 4000 --count 1000 --class random --seed 7
	blkdiscard -o 0 -l $((850 * 4096)) "$disk"
	tmem-test verify "$disk" --count 850 --empty
	tmem-test verify "$disk" --first 850 --count 850 --class random --seed 6
}

storm() {
	set_backing $below 64M
	echo 1200K >$sys/mem_limit
	echo 1 >$sys/writeback
	for round in {1..5}; do
		tmem-test storm "$disk" --operations 8000 --threads 4 --pages 1200 --seed "$round" --keep
		sleep 1.5
	done
	cat $sys/bd_stat
	(($(stat_of written_back) > 100))
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

incompressible_ones_go_down() {
	set_backing $below 64M
	echo 1 >$sys/writeback_incompressible
	tmem-test fill "$disk" --count 1000 --class random --seed 3
	tmem-test fill "$disk" --first 1000 --count 1000 --class text --seed 3
	[[ $(bd bd_count) == 1000 && $(stat_of pages) == 1000 && $(mm huge_pages) == 0 ]]
	[[ $(io failed_writes) == 0 && $(stat_of puts_refused) == 0 ]]
	tmem-test verify "$disk" --count 1000 --class random --seed 3 --request 30
	tmem-test verify "$disk" --first 1000 --count 1000 --class text --seed 3
	[[ $(bd bd_reads) == 1000 ]]
}

# Of a request they go alone.
and_they_alone() {
	set_backing $below 64M
	echo 1 >$sys/writeback_incompressible
	tmem-test fill "$disk" --count 2000 --class mixed --seed 3 --request 100
	cat $sys/bd_stat
	between 100 "$(bd bd_count)" 1500
	[[ $(mm huge_pages) == 0 && $(($(stat_of pages) + $(bd bd_count))) == 2000 ]]
	tmem-test verify "$disk" --count 2000 --class mixed --seed 3 --request 64
	[[ $(io failed_reads) == 0 && $(io failed_writes) == 0 ]]
}

case_of "old pages are written early, and stay" written_early
case_of "and are read from memory" are_in_memory_too
case_of "and leave without I/O" leave_without_writing
case_of "what is overwritten or discarded is not found below" overwritten_ones_stay
case_of "write, read, overwrite, discard and zero pages at random, with pauses" storm
case_of "pages that do not compress go down" incompressible_ones_go_down
case_of "and they alone of a request" and_they_alone
