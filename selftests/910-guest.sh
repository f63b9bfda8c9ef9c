#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# qemu/guest does what it promises: streams, exit status, panic, hang, shared folder.
# host
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=scripts/lib/env.sh
. "$tests_dir/../scripts/lib/env.sh"

# guest TEXT: its streams are in $scratch/{out,err} then, its status is ours.
guest() {
	RUN=$1 "$TMEM_ROOT/qemu/guest" >"$scratch/out" 2>"$scratch/err"
}

# status_of TEXT
status_of() {
	local status=0
	guest "$1" || status=$?
	cat "$scratch/err" >&2
	echo "$status"
}

streams_and_status() {
	[[ $(status_of 'echo out; echo err >&2; printf "\0\1\377\r\n"; echo kernel >/dev/kmsg; exit 7') == 7 ]]
	cmp "$scratch/out" <(printf 'out\n\0\1\377\r\n')
	grep -qx err "$scratch/err"
}

modules_are_loaded() {
	guest 'lsmod; test -b /dev/tmem0; mountpoint /sys/fs/cgroup'
	grep -q ^tmem "$scratch/out"
}

modules_can_wait() {
	LOAD=0 guest '! test -e /sys/module/tmem; modprobe tmem; cat /sys/module/tmem/version'
}

share_is_shared() {
	mkdir -p "$scratch/share"
	echo given >"$scratch/share/in"
	SHARE=$scratch/share guest 'cp /mnt/share/in /mnt/share/out'
	[[ $(<"$scratch/share/out") == given ]]
}

options_are_heard() {
	MEM=300 CPUS=1 DISK=64M guest 'nproc; head -n 1 /proc/meminfo; blockdev --getsize64 /dev/vda'
	[[ $(sed -n 1p "$scratch/out") == 1 ]]
	within 200000 "$(awk '$1 == "MemTotal:" { print $2 }' "$scratch/out")" 307200
	[[ $(sed -n 3p "$scratch/out") == $((64 << 20)) ]]
}

panic_is_seen() {
	[[ $(status_of 'echo before; echo c >/proc/sysrq-trigger; sleep 60') == 126 ]]
	grep -qi panic "$scratch/err"
	[[ $(<"$scratch/out") == before ]]
}

hang_is_seen() {
	[[ $(TIMEOUT=15 status_of 'echo before; sleep 600') == 124 ]]
	[[ $(<"$scratch/out") == before ]]
}

power_off_is_no_success() {
	[[ $(status_of 'echo o >/proc/sysrq-trigger; sleep 60') == 125 ]]
}

case_of "streams are clean and apart, the status is the text's" streams_and_status
case_of "modules are loaded, cgroups mounted" modules_are_loaded
case_of "LOAD=0 leaves them to modprobe" modules_can_wait
case_of "SHARE" share_is_shared
case_of "MEM, CPUS, DISK" options_are_heard
case_of "a panic is said, with status 126" panic_is_seen
case_of "a hang ends after TIMEOUT, with status 124" hang_is_seen
case_of "a guest that powers off has not succeeded: status 125" power_off_is_no_success
