#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Real programs, each in a container with less memory than it wants, all at once: each says what it says with memory enough, and
# pays for what it swaps.
# timeout: 400
# long
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"
# shellcheck source=selftests/lib/container.sh
. "${0%/*}/lib/container.sh"
for program in valkey-server sqlite3 gcc stress-ng; do requires_program $program; done

# A program's name, and the MiB that it may have: of gcc's, half are the compiler itself.
declare -A programs=([sqlite]=8 [gcc]=40 [valkey]=12 [stress]=10)

# Queries of a table in memory; what it says is the same each time.
sqlite() {
	sqlite3 :memory: <<-END
		CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
		SELECT i, printf('%020d%040d', i * 7919 % 25000, i) AS word, i * 31 % 977 AS part FROM n;
		CREATE INDEX w ON t(word);
		SELECT part, count(*), sum(i), max(word) FROM t GROUP BY part ORDER BY part LIMIT 20;
		UPDATE t SET word = word || part WHERE i % 3 = 0;
		SELECT sum(length(word)), max(word) FROM t;
		PRAGMA integrity_check;
	END
}

gcc() {
	local number
	for number in {1..350}; do
		echo "int f$number(int a, int *b) { for (int i = 0; i < a; i++) b[i & 63] += a * $number ^ (b[i & 31] >> $((number % 13))); return b[a & 63]; }"
	done >/tmp/program.c
	command gcc -O1 -S -o - /tmp/program.c | sha256sum
}

valkey() {
	valkey-server --port 0 --unixsocket /tmp/socket --save '' --enable-debug-command yes >/dev/null &
	until valkey-cli -s /tmp/socket ping >/dev/null 2>&1; do sleep 0.2; done
	valkey-cli -s /tmp/socket eval 'for i = 1, 12000 do redis.call("set", "key:" .. i, string.rep("value " .. i .. " ", 40)) end return "filled"' 0
	valkey-cli -s /tmp/socket debug digest
	valkey-cli -s /tmp/socket eval 'local sum = 0 for i = 1, 12000, 7 do sum = sum + redis.call("strlen", "key:" .. i) end return sum' 0
	valkey-cli -s /tmp/socket debug digest
	valkey-cli -s /tmp/socket shutdown nosave
	wait
}

stress() {
	stress-ng --vm 1 --vm-bytes 20M --vm-method rowhammer --vm-keep --verify --timeout 8 --quiet && echo "nothing was wrong"
}

# run NAME: in its container; what it says is in $scratch/NAME.
run() {
	in_container "/$1/inner" <<<"$(declare -f "$1"); cd /tmp; $1" >"$scratch/$1"
}

say_it_with_memory_enough() {
	local name
	swap_on 256M
	for name in "${!programs[@]}"; do
		make_cgroup "$name" max
		run "$name"
		[[ -s $scratch/$name ]]
		cat "$scratch/$name"
		cp "$scratch/$name" "$scratch/$name.expected"
	done
}

say_it_again() {
	local name pids=()
	for name in "${!programs[@]}"; do
		make_cgroup "$name" "${programs[$name]}M"
		run "$name" &
		pids+=("$!")
	done
	while sleep 0.5 && kill -0 "${pids[@]}" 2>/dev/null; do
		for name in "${!programs[@]}"; do
			value_of "$name" pages 2>/dev/null >>"$scratch/$name.pages" || true
		done
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	for name in "${!programs[@]}"; do cmp "$scratch/$name" "$scratch/$name.expected"; done
}

have_paid() {
	local name most
	for name in "${!programs[@]}"; do
		most=$(sort -n "$scratch/$name.pages" | tail -n 1)
		echo "$name: $most pages at most"
		((most > 250))
	done
}

clean_up() {
	local name
	for name in "${!programs[@]}"; do remove_cgroup "$name"; done
	swapoff -a
}

case_of "sqlite, gcc, valkey and stress-ng, one after the other, with memory enough" say_it_with_memory_enough
case_of "all at once, with less" say_it_again
case_of "each has paid for what it swapped" have_paid
