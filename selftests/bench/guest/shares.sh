#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Who holds how much, second by second, while cgroups want more than there is: by weight, and as they come, change and go.
# shellcheck source=selftests/bench/guest/lib/figures.sh
. "${0%/*}/lib/figures.sh"

tmem=/sys/kernel/tmem
cap=$((6 << 20))
seconds=${quick:+10}
seconds=${seconds:-20}
all=()

directory_of() {
	echo "$tmem/cgroups/$(stat -c %i "/sys/fs/cgroup/$1")"
}

# comes WEIGHT: a cgroup that puts pages as fast as it can.
comes() {
	local group="weight-$1"
	mkdir "/sys/fs/cgroup/$group"
	echo "/$group" >$tmem/cgroups/track
	echo "$1" >"$(directory_of "$group")/weight"
	(
		echo "$BASHPID" >"/sys/fs/cgroup/$group/cgroup.procs"
		exec tmem-test backlog --seconds 3600 --seed "$1" >/dev/null
	) &
	# Its end is no news.
	disown
	all+=("$group")
}

# goes WEIGHT: it, its directory, and what it held.
goes() {
	local group="weight-$1" each left=()
	echo 1 >"/sys/fs/cgroup/$group/cgroup.kill"
	until rmdir "/sys/fs/cgroup/$group" 2>/dev/null; do sleep 0.1; done
	for each in "${all[@]}"; do [[ $each == "$group" ]] || left+=("$each"); done
	all=("${left[@]}")
}

held_by() {
	local directory
	directory=$(directory_of "$1")
	echo $(($(<"$directory/compressed_bytes") + $(<"$directory/pages") * 48))
}

# look WHAT SECOND: a figure for each cgroup, in percent of what all hold.
look() {
	local group sum=0
	local -A held=()
	for group in "${all[@]}"; do
		held[$group]=$(held_by "$group")
		sum=$((sum + held[$group]))
	done
	for group in "${all[@]}"; do
		figure store "${group/-/ }" what "$1" second "$2" value "$(awk -v held="${held[$group]}" -v sum="$sum" 'BEGIN { printf "%.1f", sum ? 100 * held / sum : 0 }')"
	done
}

# watch WHAT FROM TO
watch() {
	local second
	for ((second = $2; second <= $3; second++)); do
		look "$1" "$second"
		sleep 1
	done
}

# pair WEIGHT WEIGHT
pair() {
	progress "weights $1 and $2"
	comes "$1"
	comes "$2"
	watch "$1:$2" 0 "$seconds"
	goes "$1"
	goes "$2"
}

one_after_the_other() {
	local what='one after the other'
	progress "$what"
	comes 100
	watch "$what" 0 $((seconds - 1))
	comes 200
	watch "$what" "$seconds" $((2 * seconds - 1))
	comes 300
	watch "$what" $((2 * seconds)) $((3 * seconds - 1))
	goes 300
	watch "$what" $((3 * seconds)) $((4 * seconds))
	goes 100
	goes 200
}

main() {
	modprobe tmem
	echo $cap >$tmem/max_bytes
	echo max >$tmem/cgroups/default_limit
	machine max_bytes $cap idle_tax_percent "$(<$tmem/cgroups/idle_tax_percent)" recompression off pages ephemeral
	echo 0 >$tmem/recompress_idle_seconds
	pair 100 200
	pair 100 300
	one_after_the_other
}

main
