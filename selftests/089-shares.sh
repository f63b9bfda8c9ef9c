#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Who holds how much when there is not enough for all: weights, reserves, and what one leaves to the others.
# slow
# timeout: 480
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"

# wants_more NAME WEIGHT: a cgroup that always wants more.
wants_more() {
	prepared "$1" "$2"
	in_group "$1" tmem-test backlog --seconds 600 --seed "$RANDOM" >/dev/null &
}

prepared() {
	make_cgroup "$1" max
	track "$1"
	echo "$2" >"$(directory_of "$1")/weight"
}

held_by() {
	echo $(($(value_of "$1" compressed_bytes) + $(value_of "$1" pages) * 48))
}

ends() {
	for group in "$@"; do
		end_of "$group"
		remove_cgroup "$group"
	done
}

# full: nothing can be put but for what leaves.
full() {
	(($(stat_of evictions) > 3000))
}

cap() {
	echo "$1" >/sys/kernel/tmem/max_bytes
}

# percent_of NAME ALL...: of what all hold, the mean of some looks.
percent_of() {
	local name=$1 sum=0 all=0 group
	shift
	for _ in {1..5}; do
		sum=$((sum + $(held_by "$name")))
		for group in "$@"; do
			all=$((all + $(held_by "$group")))
		done
		sleep 0.3
	done
	echo $((100 * sum / all))
}

shares_follow_weights() {
	local percent=$((100 * $1 / ($1 + $2)))
	wants_more one "${1}00"
	wants_more two "${2}00"
	within 60 full
	sleep 3
	held=$(percent_of one one two)
	echo "# weights $1:$2: $held% and $((100 - held))%, wanted $percent% and $((100 - percent))%" >>"$scratch/table"
	((held >= percent - 5 && held <= percent + 5))
	ends one two
}

# Jain's index: 1 when all hold the same.
eight_equal_ones() {
	local group
	for group in {1..8}; do wants_more "equal$group" 100; done
	within 60 full
	sleep 5
	for group in {1..8}; do held_by "equal$group"; done >"$scratch/held"
	index=$(awk '{ sum += $1; squares += $1 * $1 } END { printf "%.0f", 1000 * sum * sum / (NR * squares) }' "$scratch/held")
	echo "# eight of equal weight: Jain's index 0.$index" >>"$scratch/table"
	((index >= 950))
	ends equal{1..8}
}

unused_shares_are_the_others() {
	prepared modest 10000
	in_group modest tmem-test backlog --pages 200 --seconds 600 >/dev/null &
	within 30 has_value modest ephemeral_pages 200
	wants_more greedy 1
	within 60 full
	sleep 2
	# It holds all that the other does not, and takes nothing from it.
	(($(percent_of greedy greedy modest) >= 80))
	[[ $(value_of modest ephemeral_pages) == 200 ]]
	ends modest greedy
}

# Long before anybody has looked what it has.
who_comes_pays_itself() {
	prepared modest 10000
	in_group modest tmem-test backlog --pages 200 --seconds 600 >/dev/null &
	within 30 has_value modest ephemeral_pages 200
	# There is room for some tens of pages more.
	cap $(($(</sys/kernel/tmem/stats/arena_bytes) + $(</sys/kernel/tmem/stats/metadata_bytes) + (128 << 10)))
	prepared greedy 1
	in_group greedy tmem-test backlog --pages 2000 --seconds 600 >/dev/null &
	within 60 has_put greedy 2000
	[[ $(value_of modest ephemeral_pages) == 200 ]]
	ends modest greedy
	cap 6M
}

has_put() {
	(($(value_of "$1" puts) >= $2))
}

who_returns_gets_its_share() {
	wants_more one 100
	within 60 full
	wants_more two 100
	within 10 has_share two 40 one
	sleep 2
	# And no more than that, however long it was away.
	held=$(percent_of two one two)
	((held <= 55))
	ends one two
}

# has_share NAME PERCENT OTHER
has_share() {
	local own
	own=$(held_by "$1")
	((100 * own >= $2 * (own + $(held_by "$3"))))
}

a_reserve_stays() {
	prepared kept 1
	echo 1M >"$(directory_of kept)/reserve_bytes"
	in_group kept tmem-test backlog --pages 300 --seconds 600 >/dev/null &
	within 30 has_value kept ephemeral_pages 300
	wants_more greedy 10000
	within 60 full
	sleep 3
	[[ $(value_of kept ephemeral_pages) == 300 && $(value_of kept evictions) == 0 ]]
	echo 0 >"$(directory_of kept)/reserve_bytes"
	within 20 is_taken kept
	ends kept greedy
}

is_taken() {
	(($(value_of "$1" evictions) > 100))
}

clean_up() {
	cap "$before"
}

before=$(</sys/kernel/tmem/max_bytes)
cap 6M
case_of "weights 1:2" shares_follow_weights 1 2
case_of "weights 1:3" shares_follow_weights 1 3
case_of "eight of equal weight" eight_equal_ones
case_of "what one leaves is the others'" unused_shares_are_the_others
case_of "one that comes takes nothing from who pays more" who_comes_pays_itself
case_of "one that comes back gets its share, and no more" who_returns_gets_its_share
case_of "a reserve is not taken" a_reserve_stays
cat "$scratch/table"
