#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# tmemctl: on, status, check and off do what they say in a guest, and off undoes exactly what on did.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
requires_program tmemctl

on_sets_all() {
	unload
	echo 3 >/proc/sys/vm/page-cluster
	tmemctl on --size 96M --mem-limit 48M
	[[ -e /sys/module/tmem && $(<$sys/disksize) == $((96 << 20)) && $(<$sys/mem_limit) == $((48 << 20)) ]]
	[[ $(awk '$1 == "/dev/tmem0" { print $5 }' /proc/swaps) == 100 ]]
	[[ $(</proc/sys/vm/page-cluster) == 0 ]]
	[[ $(</sys/module/zswap/parameters/enabled) == N ]]
}

twice_is_no_harm() {
	tmemctl on --size 96M --mem-limit 48M
	[[ $(grep -c tmem0 /proc/swaps) == 1 ]]
}

status_says_what_is() {
	tmem-test memory --mib 16 --class text --page-out --seconds 10 --rounds 1 &
	until (($(used_swap) > 8 * 1024)); do sleep 0.1; done
	tmemctl status
	tmemctl status | grep -q tmem0
	tmemctl status --json | python3 -c '
import json, sys
status = json.load(sys.stdin)
disk = status["disks"][0]
assert status["loaded"] and disk["name"] == "tmem0", status
assert disk["size_bytes"] == 96 << 20 and disk["limit_bytes"] == 48 << 20, disk
assert disk["swap"]["priority"] == 100 and disk["swap"]["used_bytes"] > 8 << 20, disk
assert status["held_bytes"] > 0 and status["stats"]["pages"] > 2000, status
'
	wait
}

check_finds_nothing() {
	tmemctl check
	tmemctl check --json | python3 -m json.tool
}

check_finds_zswap() {
	echo Y >/sys/module/zswap/parameters/enabled
	tmemctl check | grep -A 3 'zswap.*in front of tmem'
	tmemctl check --json | grep -q 'in front of tmem'
	echo N >/sys/module/zswap/parameters/enabled
}

off_undoes_it() {
	tmemctl off
	[[ ! -e /sys/module/tmem ]]
	fails grep -q tmem /proc/swaps
	[[ $(</proc/sys/vm/page-cluster) == 3 ]]
	fails grep -q tmem /proc/modules
}

off_leaves_what_was_there() {
	modprobe tmem
	set_size 64M
	tmemctl on
	tmemctl off
	[[ -e /sys/module/tmem && $(used_swap) == '' ]]
}

goes_above_other_swap() {
	unload
	modprobe zram num_devices=1
	echo 32M >/sys/block/zram0/disksize
	mkswap -q /dev/zram0
	swapon -p 300 /dev/zram0
	tmemctl on --size 64M
	(($(awk '$1 == "/dev/tmem0" { print $5 }' /proc/swaps) > 300))
	tmemctl off
	swapoff /dev/zram0
	rmmod zram
}

# A cgroup by its container's name that holds pages, and one that may not swap.
top_names_cgroups() {
	mkdir -p /run/crun/shop "$cgroup" "$cgroup.barred"
	echo '{"cgroup-path": "/tmem-test"}' >/run/crun/shop/status
	echo 0 >"$cgroup.barred/memory.swap.max"
	tmemctl on --size 96M
	in_cgroup 8M tmem-test memory --mib 16 --class text --seconds 600 >/dev/null &
	until (($(used_swap) > 6 * 1024)); do sleep 0.1; done
	sleep 1
	tmemctl top --once | tee "$scratch/top"
	grep -qE '^shop \(crun\) +[0-9.]+ MiB +[0-9.]+ [KM]iB +8.0 MiB' "$scratch/top"
	grep -qE '^/tmem-test.barred +0 B  may not swap \(memory.swap.max=0\)$' "$scratch/top"
	tmemctl top --once --json | python3 -c '
import json, os, sys
row = next(row for row in json.load(sys.stdin)["cgroups"] if row["name"] == "shop (crun)")
inode = os.stat("/sys/fs/cgroup/tmem-test").st_ino
assert row["id"] == inode and row["path"] == "/tmem-test", row
# Two files, while pages still come.
assert abs(row["pages"] * 4096 - row["logical_bytes"]) < 1 << 20 and row["pages"] > 6 << 8, row
assert 0 < row["compressed_bytes"] == row["logical_bytes"] - row["saved_bytes"], row
assert row["limit_effective_bytes"] == 8 << 20, row
for name in set(row) - {"id", "name", "path", "hint", "limit_bytes", "saved_bytes"}:
    assert os.path.exists(f"/sys/kernel/tmem/cgroups/{inode}/{name}"), name
assert len(row) == 25, sorted(row)
'
}

# on_terminal KEY|SIGNAL CMD...: the command ends when the key is pressed or the signal sent, and the terminal is as it was. Its screen is on stdout.
on_terminal() {
	python3 - "$@" <<-'END'
		import os, select, signal, sys, termios, time
		key, command = sys.argv[1], sys.argv[2:]
		master, terminal = os.openpty()
		before = termios.tcgetattr(terminal)
		child = os.fork()
		if child == 0:
		    os.login_tty(terminal)
		    os.execvp(command[0], command)
		text, pressed = b"", False
		start = time.time()
		while os.waitpid(child, os.WNOHANG) == (0, 0):
		    enough = text.count(b"tmem holds") >= 3 or time.time() > start + 60
		    if enough and not pressed:
		        pressed = True
		        if key.startswith("SIG"):
		            os.kill(child, signal.Signals[key])
		        else:
		            os.write(master, key.encode().decode("unicode_escape").encode())
		    if select.select([master], [], [], 0.1)[0]:
		        text += os.read(master, 65536)
		assert pressed, "it ended by itself"
		while select.select([master], [], [], 0.1)[0]:
		    text += os.read(master, 65536)
		assert termios.tcgetattr(terminal) == before, "the terminal is not what it was"
		sys.stdout.buffer.write(text)
	END
}

top_is_live() {
	local key
	for key in q '\x03' SIGTERM; do
		on_terminal "$key" tmemctl top | tee "$scratch/screen" | tr '\033' '~'
		(($(grep -o 'tmem holds' "$scratch/screen" | wc -l) >= 3))
		# The other screen, and back; no cursor, and back.
		[[ $(<"$scratch/screen") == $'\e[?1049h\e[?25l'*$'\e[?25h\e[?1049l' ]]
	done
	[[ $(timeout 60 tmemctl top --json | head -n 2 | wc -l) == 2 ]]
}

top_is_for_root() {
	fails setpriv --reuid=65534 --clear-groups tmemctl top --once 2>"$scratch/said"
	grep -q 'sudo tmemctl top' "$scratch/said"
	give_back
	rmdir "$cgroup.barred"
	tmemctl off
}

prints_its_papers() {
	tmemctl --help | grep -q status
	tmemctl man | grep -q '^\.TH'
	tmemctl completion bash | grep -q tmemctl
}

case_of "on: load, size, limit, swap, readahead, zswap" on_sets_all
case_of "on twice does no harm" twice_is_no_harm
case_of "status, for people and as JSON" status_says_what_is
case_of "check finds nothing in the way" check_finds_nothing
case_of "check finds zswap in the way" check_finds_zswap
case_of "off undoes exactly that" off_undoes_it
case_of "off leaves a module that was loaded before" off_leaves_what_was_there
case_of "on goes above a swap that is there" goes_above_other_swap
case_of "top: cgroups by the names of their containers, and why there is nothing" top_names_cgroups
case_of "top: live, ends on q, Ctrl-C and SIGTERM, leaves the terminal as it was" top_is_live
case_of "top: for root" top_is_for_root
case_of "help, manual, completion" prints_its_papers
