#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Pages do not get old while the guest is paused: a resumed guest is not all cold.
# host
# slow
# timeout: 300
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=scripts/lib/env.sh
. "$tests_dir/../scripts/lib/env.sh"
# Pages are looked at every ten seconds, and encoded densely at the fifth look. The pause is shorter than what the guest's kernel takes
# for a hang.
idle=40 pause=15

# Fills a disk, and ends when its pages are encoded densely. The looks begin when it is told to: short ones go before.
# shellcheck disable=SC2016 # variables of the guest
text='
echo 1 >/sys/block/tmem0/reset && echo 64M >/sys/block/tmem0/disksize
echo 100 >/sys/kernel/tmem/recompress_cpu_percent
echo 1 >/sys/kernel/tmem/recompress_idle_seconds
sleep 3
echo '$idle' >/sys/kernel/tmem/recompress_idle_seconds
tmem-test fill /dev/tmem0 --count 100 --class text >/dev/null
echo filled
until [[ $(</sys/kernel/tmem/stats/recompressed) != 0 ]]; do sleep 0.1; done
echo dense'

# said WORD: waits for the guest to say it, and then says when that was, in seconds.
said() {
	until grep -qx "$1" "$scratch/out"; do
		[[ -d /proc/$guest ]] || return 1
		sleep 0.1
	done
	echo "$SECONDS"
}

# machine PID: the QEMU that it started.
machine() {
	local pid=$1
	until [[ $(<"/proc/$pid/comm") == qemu* ]]; do
		pid=$(pgrep -P "$pid" -n)
	done
	echo "$pid"
}

# All of QEMU stands still, and the guest's clock goes on: so it does when the host is suspended.
stays_young() {
	local machine filled dense guest
	: >"$scratch/out"
	RUN=$text "$TMEM_ROOT/qemu/guest" >"$scratch/out" 2>"$scratch/err" &
	guest=$!
	filled=$(said filled)
	machine=$(machine "$guest")
	kill -STOP "$machine"
	sleep $pause
	kill -CONT "$machine"
	dense=$(said dense)
	wait "$guest"
	echo "paused for $pause s, dense $((dense - filled)) s after they were put"
	((dense - filled >= idle * 5 / 4 + pause - 5))
}

case_of "a pause of $pause seconds makes no page $idle seconds old" stays_young
