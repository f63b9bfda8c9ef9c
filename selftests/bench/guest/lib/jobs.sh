# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by what runs in a guest, after figures.sh: real programs with real data, in a cgroup that may have too little memory. Each
# is a function by its name; before_NAME is what it needs to be there first. They want PACKAGES='default-jdk-headless g++ nodejs', as
# far as they are used, and the beginning of Debian's package index as ../index.

# shellcheck disable=SC2154 # $here and $scratch are of figures.sh
programs=$here/programs
workloads=$here/workloads
index=$here/../index
cgroup=/sys/fs/cgroup/job

# make_records: the index as others read it.
make_records() {
	[[ -e $index ]] || { progress "there is no package index: put the beginning of one beside the folder guest, as index"; exit 1; }
	python3 "$programs/records.py" "$index" "$scratch"
}

# prepare_job NAME
prepare_job() {
	if [[ $(type -t "before_$1") == function ]]; then
		inside "before_$1" >"$scratch/said" 2>&1
	fi
}

# reclaim_down_to BYTES: as far as it goes, before that becomes the limit: who writes one far below what is in use has somebody killed.
reclaim_down_to() {
	local used
	used=$(<$cgroup/memory.current)
	((used <= $1)) || { echo $((used - $1)) >$cgroup/memory.reclaim; } 2>/dev/null || true
}

# kill_job: nothing of it is left.
kill_job() {
	echo 1 >$cgroup/cgroup.kill
	until [[ $(<$cgroup/cgroup.procs) == '' ]]; do sleep 0.1; done
}

# inside COMMAND...: in the cgroup.
inside() {
	(
		echo "$BASHPID" >$cgroup/cgroup.procs
		"$@"
	)
}

before_valkey() {
	rm -f "$scratch/valkey"
	valkey-server --save '' --unixsocket "$scratch/valkey" --port 0 >/dev/null &
	until elsewhere valkey-cli -s "$scratch/valkey" ping; do sleep 0.2; done
	elsewhere valkey-cli -s "$scratch/valkey" --pipe <"$scratch/valkey.commands"
}

# look_up NUMBER [SHAPE]
look_up() {
	elsewhere python3 "$workloads/lookups.py" "$index" "$scratch/valkey" "$@"
}

# elsewhere COMMAND...: not in the cgroup.
elsewhere() {
	(
		echo "$BASHPID" >"${cgroup%/*}/cgroup.procs"
		"$@"
	)
}

# Who depends on whom is looked up again and again.
valkey() {
	look_up 60000
}

before_popular() {
	before_valkey
}

# The same, of some far more often than of others.
popular() {
	look_up 60000 0.4
}

before_mixed() {
	before_valkey
}

# A server that has little to do, while others compile.
mixed() {
	for _ in {1..6}; do
		gcc -O2 -c "$workloads/parse.c" -o /dev/null
		look_up 500
	done
}

sqlite() {
	cd "$scratch" || exit
	cat "$programs/tables.sql" "$workloads/queries.sql" | sqlite3 -batch :memory:
}

cc1plus() {
	g++ -S -O2 -std=c++20 "$programs/templates.cc" -o /dev/null
}

python() {
	python3 "$workloads/ranks.py" "$index" 3000
}

node() {
	nodejs "$workloads/ranks.js" "$index" 3000
}

javac() {
	command javac -J-XX:+UseSerialGC -d "$scratch" "$programs/Objects.java"
}

sort() {
	command sort -S 32M -T "$scratch" "$index" "$index" "$index" "$index" | uniq -c | command sort -S 32M -T "$scratch" -rn | head -n 1
}
