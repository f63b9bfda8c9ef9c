#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Pages do not get old while the guest is paused: a resumed guest is not all cold.
# host
# timeout: 300
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=scripts/lib/env.sh
. "$tests_dir/../scripts/lib/env.sh"
idle=12 pause=30

# Fills a disk, and ends when its pages are encoded densely.
# shellcheck disable=SC2016 # variables of the guest
text='
echo 1 >/sys/block/tmem0/reset && echo 64M >/sys/block/tmem0/disksize
tmem-test fill /dev/tmem0 --count 100 --class text >/dev/null
echo 100 >/sys/kernel/tmem/recompress_cpu_percent
echo '$idle' >/sys/kernel/tmem/recompress_idle_seconds
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

stays_young() {
	local socket filled dense guest
	: >"$scratch/out"
	RUN=$text BALLOON=1 "$TMEM_ROOT/qemu/guest" >"$scratch/out" 2>"$scratch/err" &
	guest=$!
	filled=$(said filled)
	socket=$(sed -n 's/.*QMP socket: //p' "$scratch/err")
	"$TMEM_ROOT/qemu/qmp" "$socket" stop
	sleep $pause
	"$TMEM_ROOT/qemu/qmp" "$socket" cont
	dense=$(said dense)
	wait "$guest"
	echo "paused for $pause s, dense $((dense - filled)) s after they were put"
	((dense - filled >= idle + pause - 2))
}

case_of "a pause of $pause seconds makes no page $idle seconds old" stays_young
