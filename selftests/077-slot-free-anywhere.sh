#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Swap slots are freed with interrupts off, whatever is in them and whoever uses the disk.
# smoke
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/slots.sh
. "${0%/*}/lib/slots.sh"

slots_go() {
	set_size 64M
	tmem-test fill "$disk" --count 2048 --class mixed
	free_slots "$disk" 0 1024
	tmem-test verify "$disk" --count 1024 --class mixed --empty
	tmem-test verify "$disk" --first 1024 --count 1024 --class mixed
	[[ $(io notify_free) == 1024 ]]
	free_slots "$disk" 0 2048
	[[ $(stat_of pages) == 0 && $(stat_of arena_bytes) == 0 ]]
}

# Lock debugging sees both sides of each lock.
while_others_work() {
	local pid row
	set_size 256M
	tmem-test storm "$disk" --operations "$(fewer 30000)" --pages 2048 --threads 2 &
	pid=$!
	while [[ -d /proc/$pid ]]; do
		for row in {0..3}; do
			tmem-test fill "$disk" --first $((8192 + row * 512)) --count 512 --class text --seed "$row"
			free_slots "$disk" $((8192 + row * 512)) 512
		done
	done
	wait "$pid"
}

case_of "what is freed is gone, and nothing else" slots_go
case_of "while others write, read and discard" while_others_work
