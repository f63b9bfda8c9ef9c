#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Programs want more memory than there is, on a swap disk without a limit: memory runs out in the middle of puts, and the machine
# stays up.
# guest: MEM=256 DISK=512M
# dmesg: Write-error on swap-device
# dmesg: Out of memory
# dmesg: oom-kill
# dmesg: Call Trace
# dmesg: page allocation failure: order:0, mode:.*__GFP_HIGH.*__GFP_NOMEMALLOC
# long
# timeout: 700
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
max=/sys/kernel/tmem/max_bytes
# The debug kernel takes some of the guest's memory for itself.
mib=176
! is_debug_kernel || mib=128

# A program of more than all memory, whose pages do not compress: it must end, one way or the other. The kernel takes its time to see
# that nothing is gained: a minute in a quiet guest without KVM.
swap_is_no_way_out() {
	local status=0
	swap_on 1G
	echo 1T >$max
	timeout 400 tmem-test memory --mib 512 --class random --rounds 1 || status=$?
	[[ $status == 137 ]]
	grep . $stats/{puts,puts_refused,puts_refused_early,refused_usec}
	swap_off
	machine_works
}

# The same, of what compresses: it must be done, and nothing lost.
swap_helps() {
	swap_on 1G
	echo 1T >$max
	count memory --mib $mib --class text --rounds 1 --threads 2
	(($(counted swapped_kib) > $(fewer 32768)))
	swap_off
	machine_works
}

case_of "more memory than there is, of what compresses" swap_helps
case_of "more memory than there is, of what does not: the program ends, the machine stays" swap_is_no_way_out
