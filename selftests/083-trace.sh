#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The trace of a swap disk's pages: every put, get and flush is in it or counted as lost, and its keys name pages, not slots.
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
trace=/sys/kernel/debug/tmem/trace
requires test -e $trace -- "there is no $trace"
# Three times through so few pages fits a ring.
pages=1024
program=(tmem-test memory --mib $((pages / 256)) --threads 1 --page-out --rounds 3)

# digest: a trace's figures as NAME=VALUE, which `counted` knows then.
digest() {
	python3 - >"$scratch/counts" <<-'END'
		import os, struct
		events = {1: "puts", 2: "refused", 3: "gets", 4: "flushes", 5: "lost"}
		counts = dict.fromkeys([*events.values(), "records", "by_content", "orphans", "longest"], 0)
		keys, owners, slots = {}, set(), {}
		with open(os.environ["scratch"] + "/trace", "rb") as trace:
		    records = list(struct.iter_unpack("<5Q", trace.read()))
		for time, key, owner, what, disk in sorted(records):
		    event, length, slot = what & 0x7f, what >> 8 & 0xffff, what >> 24
		    counts[events[event]] += key if event == 5 else 1
		    counts["records"] += event != 5
		    if event == 1:
		        counts["by_content"] += what >> 7 & 1
		        counts["longest"] = max(counts["longest"], length)
		        keys.setdefault(key, set()).add(slot)
		        owners.add(owner)
		        slots[slot] = key
		    elif event == 3:
		        counts["orphans"] += slot not in slots
		    elif event == 4:
		        slots.pop(slot, None)
		counts |= {"keys": len(keys), "moved": sum(len(found) > 1 for found in keys.values()), "owners": len(owners), "owner": max(owners, default=0)}
		print(*(f"{name}={value}" for name, value in counts.items()), sep="\n")
	END
	cat "$scratch/counts"
}

# happened: what the disk has counted so far.
happened() {
	echo $(($(stat_of puts) + $(stat_of gets) + $(io notify_free)))
}

# recording CMD...: into $scratch/trace.
recording() {
	echo 1 >$trace
	"$@"
	echo 0 >$trace
	cat $trace >"$scratch/trace"
	digest
}

off_until_asked() {
	swap_on 128M
	"${program[@]}"
	[[ $(wc -c <$trace) == 0 ]]
}

keys_name_pages() {
	local before
	before=$(happened)
	recording in_cgroup 64M "${program[@]}"
	[[ $(($(counted records) + $(counted lost))) == $(($(happened) - before)) && $(counted lost) == 0 ]]
	# A fifth of the content is zeroes, which the kernel keeps itself. The program's own pages go out, too.
	(($(counted puts) > pages * 2 && $(counted gets) > pages * 2))
	between $((pages / 2)) "$(counted keys)" $((pages + pages / 4))
	(($(counted moved) > pages / 8))
	[[ $(counted by_content) == 0 && $(counted orphans) == 0 ]]
	between 100 "$(counted longest)" 4096
	[[ $(counted owner) == "$(stat -c %i $cgroup)" && $(counted owners) == 1 ]]
}

shared_pages_go_by_content() {
	recording "${program[@]}" --kind shared
	(($(counted by_content) > pages * 2 && $(counted orphans) == 0))
}

what_is_lost_is_counted() {
	local before
	before=$(happened)
	# On one CPU, so that it is one ring.
	recording taskset -c 0 tmem-test memory --mib 32 --threads 1 --page-out --rounds 1
	[[ $(($(counted records) + $(counted lost))) == $(($(happened) - before)) ]]
	(($(counted lost) > 1000 && $(counted records) > 10000))
	# Each trace begins anew.
	recording true
	(($(counted lost) == 0 && $(counted records) < 1000))
}

who_reads_in_time_loses_nothing() {
	local before reader
	before=$(happened)
	echo 1 >$trace
	while [[ ! -e $scratch/end ]]; do cat $trace; sleep 0.01; done >"$scratch/trace" &
	reader=$!
	tmem-test memory --mib 32 --threads 1 --page-out --rounds 1
	echo 0 >$trace
	touch "$scratch/end"
	wait $reader
	cat $trace >>"$scratch/trace"
	digest
	[[ $(counted lost) == 0 && $(counted records) == $(($(happened) - before)) ]]
	(($(counted orphans) == 0))
}

nonsense_changes_nothing() {
	echo 1 >$trace
	for text in 2 -1 on '1 1' ''; do
		[[ $(writing "$text" $trace) == EINVAL ]]
	done
	fails dd if=$trace bs=39 count=1 of=/dev/null
	tmem-test memory --mib 4 --threads 1 --page-out --rounds 1
	(($(cat $trace | wc -c) > 4000))
	echo 0 >$trace
}

clean_up() {
	echo 0 >$trace
}

export scratch
case_of "nothing is recorded until somebody asks for it" off_until_asked
case_of "each event is recorded; keys name pages across slots" keys_name_pages
case_of "shared memory is named by what it holds" shared_pages_go_by_content
case_of "what finds no room is counted" what_is_lost_is_counted
case_of "who reads in time loses nothing" who_reads_in_time_loses_nothing
case_of "what is no 0 or 1 changes nothing" nonsense_changes_nothing
