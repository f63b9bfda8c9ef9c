# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # names for the tests
# Sourced by the tests that run in the guest: the module, its disks, and its figures.

disk=/dev/tmem0
sys=/sys/block/tmem0
stats=/sys/kernel/tmem/stats
control=/sys/class/tmem-control

# Everything that is a figure of the present: the events (puts, gets, ...) are not.
gauges=(
	pages logical_bytes stored_bytes arena_bytes slack_bytes metadata_bytes shared_bytes same_filled_pages dedup_pages
	dedup_pending_pages
)

# The driver has loaded the module with its defaults; this is for other parameters.
load() {
	unload
	modprobe tmem "$@"
}

unload() {
	[[ ! -e /sys/module/tmem ]] || rmmod tmem
}

is_debug_kernel() {
	[[ -e /sys/kernel/debug/kmemleak ]]
}

# fewer NUMBER: a fifth of it in the debug kernel, where all takes several times as long.
fewer() {
	if is_debug_kernel; then
		echo $(($1 / 5))
	else
		echo "$1"
	fi
}

# within SECONDS CMD...: CMD succeeds in that time, of which the debug kernel needs more.
within() {
	local -
	set +x
	local end patience=1000000
	! is_debug_kernel || patience=5000000
	end=$((${EPOCHREALTIME/./} + $1 * patience))
	shift
	until "$@" 2>/dev/null; do
		((${EPOCHREALTIME/./} < end))
		sleep 0.05
	done
}

stat_of() {
	cat "$stats/$1"
}

# reaches STAT NUMBER: it is as large, or larger.
reaches() {
	(($(stat_of "$1") >= $2))
}

# field N FILE: a number of a line of them.
field() {
	awk -v n="$1" '{ print $n }' "$2"
}

# mm NAME [SYS], io NAME [SYS]: a figure of mm_stat or io_stat.
mm() {
	local names=(- orig_data_size compr_data_size mem_used_total mem_limit mem_used_max same_pages pages_compacted huge_pages huge_pages_since)
	field "$(index_of "$1" "${names[@]}")" "${2:-$sys}/mm_stat"
}

io() {
	local names=(- failed_reads failed_writes invalid_io notify_free)
	field "$(index_of "$1" "${names[@]}")" "${2:-$sys}/io_stat"
}

index_of() {
	local wanted=$1 index=0
	shift
	for name in "$@"; do
		[[ $name != "$wanted" ]] || echo "$index"
		index=$((index + 1))
	done
}

# writing TEXT FILE: what one write of the text (\n, \t, \0, \xHH are read) gives: ok, or the error's name.
writing() {
	tmem-test attribute "$2" -- "$1"
}

# set_size SIZE [SYS]: afresh.
set_size() {
	echo 1 >"${2:-$sys}/reset"
	echo "$1" >"${2:-$sys}/disksize"
}

# swap_on SIZE: on tmem0, which is made anew.
swap_on() {
	swapoff -a
	set_size "$1"
	mkswap -q "$disk"
	echo 0 >/proc/sys/vm/page-cluster
	swapon -p 100 "$disk"
}

swap_off() {
	swapoff "$disk"
}

# used_swap: in KiB.
used_swap() {
	awk -v disk="$disk" '$1 == disk { print $4 }' /proc/swaps
}

# event FILE NAME: a counter of /proc/vmstat, memory.stat, memory.events.
event() {
	awk -v name="$2" '$1 == name { print $2 }' "$1"
}

# in_cgroup LIMIT CMD...: runs CMD in a fresh cgroup with memory.max, which is $cgroup.
cgroup=/sys/fs/cgroup/tmem-test
in_cgroup() {
	local limit=$1
	shift
	mkdir -p "$cgroup"
	echo "$limit" >"$cgroup/memory.max"
	(
		# Only the command pays, not what looks at it.
		echo "$BASHPID" >"$cgroup/cgroup.procs"
		exec "$@"
	)
}

# gauges_are_zero: after a reset, nothing is left.
gauges_are_zero() {
	local name
	for name in "${gauges[@]}"; do
		[[ $(stat_of "$name") == 0 ]]
	done
}

# give_back: ends what a test may have left: jobs, mounts, swap, cgroups. Called after each test.
give_back() {
	local pids
	# Those of the tests alone: nothing else in the guest is called that.
	mapfile -t pids < <(pgrep -x tmem-test)
	[[ ${#pids[@]} == 0 ]] || kill -9 "${pids[@]}"
	if [[ -d $cgroup ]]; then
		echo 1 >"$cgroup/cgroup.kill"
		until rmdir "$cgroup"; do sleep 0.2; done
	fi
	umount -q /mnt/tmem || true
	swapoff -a
}

# After memory has run out: programs run, and most of it is back.
machine_works() {
	local free
	[[ $(seq 1000 | wc -l) == 1000 ]]
	tmem-test memory --mib 16 --rounds 1
	free=$(event /proc/meminfo MemAvailable:)
	((free > 60 * 1024))
}
