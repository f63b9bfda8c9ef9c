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

# One guest with all options for the first cases; it leaves its facts in the shared folder.
# shellcheck disable=SC2016 # variables of the guest
text='
echo out; echo err >&2; printf "\0\1\377\r\n"; echo kernel >/dev/kmsg
{ nproc; awk "\$1 == \"MemTotal:\" { print \$2 }" /proc/meminfo; blockdev --getsize64 /dev/vda; lsmod; } >/mnt/share/facts
test -b /dev/tmem0 && mountpoint -q /sys/fs/cgroup && cp /mnt/share/in /mnt/share/out
exit 7'

streams_and_status() {
	mkdir -p "$scratch/share"
	echo given >"$scratch/share/in"
	[[ $(SHARE=$scratch/share MEM=300 CPUS=1 DISK=64M status_of "$text") == 7 ]]
	cmp "$scratch/out" <(printf 'out\n\0\1\377\r\n')
	grep -qx err "$scratch/err"
}

options_are_heard() {
	[[ $(sed -n 1p "$scratch/share/facts") == 1 ]]
	between 200000 "$(sed -n 2p "$scratch/share/facts")" 307200
	[[ $(sed -n 3p "$scratch/share/facts") == $((64 << 20)) ]]
}

modules_are_loaded() {
	grep -q ^tmem "$scratch/share/facts"
	[[ $(<"$scratch/share/out") == given ]]
}

modules_can_wait() {
	LOAD=0 guest '! test -e /sys/module/tmem; modprobe tmem; cat /sys/module/tmem/version'
}

panic_is_seen() {
	[[ $(status_of 'echo before; echo c >/proc/sysrq-trigger; sleep 60') == 126 ]]
	grep -qi panic "$scratch/err"
	[[ $(<"$scratch/out") == before ]]
}

unknown_kernel_is_refused() {
	[[ $(KERNEL=nonsense status_of 'true') == 1 ]]
	grep -q 'KERNEL= is one of' "$scratch/err"
	grep -qE '^ *stock$' "$scratch/err"
}

power_off_is_no_success() {
	[[ $(status_of 'poweroff') == 125 ]]
	grep -q 'powered off' "$scratch/err"
}

# hang: a guest that waits while the others run.
hang() {
	local status=0
	scratch=$scratch/hang TIMEOUT=60 guest 'echo before; sleep 600' || status=$?
	echo "$status" >"$scratch/hang/status"
}

hang_is_seen() {
	cat "$scratch/hang/err"
	[[ $(<"$scratch/hang/status") == 124 ]]
	grep -q 'no end after TIMEOUT=60 seconds' "$scratch/hang/err"
	[[ $(<"$scratch/hang/out") == before ]]
}

mkdir "$scratch/hang"
hang &
hanging=$!
case_of "streams are clean and apart, the status is the text's" streams_and_status
case_of "MEM, CPUS, DISK" options_are_heard
case_of "modules are loaded, cgroups mounted, SHARE is shared" modules_are_loaded
case_of "LOAD=0 leaves them to modprobe" modules_can_wait
case_of "a panic is said, with status 126" panic_is_seen
case_of "an unknown KERNEL is refused, and the choices named" unknown_kernel_is_refused
case_of "a guest that powers off has not succeeded: status 125" power_off_is_no_success
wait "$hanging"
case_of "a hang ends after TIMEOUT, with status 124, in words" hang_is_seen
