#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# 10^6 random operations on pools of /dev/tmem give no answer that the contract forbids.
# timeout: 1800
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

# model THREADS OPERATIONS: nor does it miss all the time, which would be allowed.
model() {
	count model --threads "$1" --ops "$2"
	(($(counted hits) * 10 > $(counted operations)))
}

# While there is room for few of the pages, or none.
short_of_room() {
	local most
	most=$(</sys/kernel/tmem/max_bytes)
	echo 300K >/sys/kernel/tmem/max_bytes
	count model --threads 3 --ops 50000
	echo "$most" >/sys/kernel/tmem/max_bytes
	(($(counted refused) > 0))
}

# While codec and sharing change under them.
unsettled() {
	local pid value
	tmem-test model --threads 3 --ops 50000 &
	pid=$!
	while [[ -d /proc/$pid ]]; do
		for value in lz4 raw; do echo "$value" >/sys/kernel/tmem/codec; done
		for value in global off cgroup; do echo "$value" >/sys/kernel/tmem/dedup; done
		sleep 0.1
	done
	echo lz4 >/sys/kernel/tmem/codec
	wait "$pid"
}

case_of "one thread" model 1 100000
case_of "four threads" model 4 800000
case_of "without room" short_of_room
case_of "while settings change" unsettled
