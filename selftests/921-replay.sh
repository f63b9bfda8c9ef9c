#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# scripts/replay, on a trace that is made here: tables, JSON, a plot, and what it refuses. What it counts is tested with its
# program (selftests/bench/tests).
# host
# long
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=scripts/lib/env.sh
. "$tests_dir/../scripts/lib/env.sh"
trace=$scratch/made.trace

# A loop over a hundred pages, twenty times: each comes, and is asked for and gone before it comes again.
make_trace() {
	python3 - "$trace" <<-'PYTHON'
		import struct, sys
		PUT, GET, FLUSH = 1, 3, 4
		steps = [(PUT, page) for page in range(100)]
		for step in range(2000):
		    page = step % 100
		    steps += [(GET, page), (FLUSH, page), (PUT, page)]
		with open(sys.argv[1], "wb") as file:
		    for time, (event, page) in enumerate(steps):
		        key = page + 1 if event == PUT else 0
		        file.write(struct.pack("<5Q", time, key, 0, page << 24 | event, 0))
	PYTHON
}

# replay ARGUMENT...: to $scratch/out.
replay() {
	"$TMEM_ROOT/scripts/replay" "$@" >"$scratch/out" 2>"$scratch/err" || { cat "$scratch/err"; return 1; }
}

# misses POLICY FRAMES: of JSON.
misses() {
	python3 - "$scratch/out" "$1" "$2" <<-'PYTHON'
		import json, sys
		cells = json.load(open(sys.argv[1]))[0]["cells"]
		print(next(cell["misses"][sys.argv[2]] for cell in cells if cell["frames"] == int(sys.argv[3])))
	PYTHON
}

has_tables_and_a_plot() {
	rm -f "$TMEM_ROOT/.build/replay/misses.png"
	replay "$trace"
	cat "$scratch/out"
	grep -q '2100 puts (0 named by content), 2000 gets, at most 100 pages at once' "$scratch/out"
	grep -qE '^ +FIFO +2,000 +.* 2,000 +.* 2,000 ' "$scratch/out"
	[[ $(head -c 4 "$TMEM_ROOT/.build/replay/misses.png" | tail -c 3) == PNG ]]
}

# FIFO finds none of a loop; whoever learns that it is one, some.
learns_of_a_loop() {
	local contract
	for contract in '' --ephemeral; do
		# shellcheck disable=SC2086 # none, or one
		replay --json $contract "$trace"
		[[ $(misses FIFO 50) == 2000 ]]
		between 900 "$(misses OPT 50)" "$(misses tmem 50)"
		between 900 "$(misses tmem 50)" 1500
	done
}

refuses_what_is_no_trace() {
	fails replay "$scratch/none"
	grep -q "$scratch/none cannot be read" "$scratch/err"
	head -c 41 "$trace" >"$scratch/cut"
	fails replay "$scratch/cut"
	grep -q 'it is no trace' "$scratch/err"
	fails replay --fast
	grep -q 'unknown argument: --fast' "$scratch/err"
}

make_trace
case_of "tables and a plot" has_tables_and_a_plot
case_of "a loop, persistent and ephemeral" learns_of_a_loop
case_of "what is no trace, or no argument" refuses_what_is_no_trace
