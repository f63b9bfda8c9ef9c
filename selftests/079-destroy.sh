#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A million pages that go at once keep nobody else waiting, and no watchdog barks.
# kernel: stock
# guest: ICOUNT=1 CPUS=1
# timeout: 900
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
requires test -e /dev/tmem -- "there is no /dev/tmem"
pages=1000000
few=$((pages / 10))
# As impatient as they can be made, of a guest whose time does not pass while the host is busy. What they say is in the kernel's log, at
# which every test's end looks.
thresh=/proc/sys/kernel/watchdog_thresh
stall=/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout
usual=("$(<$thresh)" "$(<$stall)")
echo 1 >$thresh
echo 3 >$stall

clean_up() {
	echo "${usual[0]}" >$thresh
	echo "${usual[1]}" >$stall
}

# others_go_on TITLE CMD...: another program's pools, used while the command gives the pages up.
others_go_on() {
	local title=$1
	shift
	count neighbour -- "$@"
	printf '# %s: gone in %d ms; others waited %d us at most, %d us before\n' "$title" $(($(counted command_usec) / 1000)) \
		"$(counted longest_usec)" "$(counted usual_usec)" >>"$scratch/table"
	(($(counted operations) > 100))
	(($(counted longest_usec) < 100000))
}

# pool_goes KIND PAGES PAGES-OF-AN-OBJECT: its program ends, and it does. Each page is a content of its own, of some bytes.
pool_goes() {
	local holder
	tmem-test hoard --kind "$1" --pages "$2" --class sparse --per-object "$3" -- sleep 900 &
	holder=$!
	until [[ $(pgrep -P $holder) ]]; do sleep 0.2; done
	(($(stat_of pages) == $2))
	others_go_on "$2 pages in a pool, $1, $3 an object" bash -c "killed $holder"
}

# killed PID: with its child, and gone.
killed() {
	pkill -9 -P "$1"
	kill -9 "$1"
	while [[ $(stat_of stored_bytes) != 0 ]]; do sleep 0.01; done
}

disk_goes() {
	set_size 8G
	tmem-test fill "$disk" --count "$few" --class sparse --request 256
	(($(stat_of pages) == few))
	others_go_on "$few pages of a disk that is reset" bash -c "echo 1 >$sys/reset"
	gauges_are_zero
}

disk_is_discarded() {
	set_size 8G
	tmem-test fill "$disk" --count "$few" --class sparse --request 256
	others_go_on "$few pages that are discarded" blkdiscard "$disk"
	[[ $(stat_of pages) == 0 && $(stat_of stored_bytes) == 0 ]]
}

export -f killed stat_of
export stats
case_of "a persistent pool, when its program is killed" pool_goes persistent "$pages" 1000
case_of "an ephemeral pool of many objects" pool_goes ephemeral "$few" 2
case_of "a disk that is reset" disk_goes
case_of "a disk that is discarded" disk_is_discarded
cat "$scratch/table"
