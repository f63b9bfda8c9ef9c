#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What a put and a free cost tells nobody whether another cgroup holds the same page; nor does any counter.
# kernel: stock
# guest: ICOUNT=1 CPUS=1
# timeout: 600
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
requires test -e /dev/tmem -- "there is no /dev/tmem"
# Of each kind: held by the other cgroup, and held by nobody.
pages=5000
# What the boot left to do is counted, too.
sleep 5

# as_tenant NAME CMD...: in a cgroup of its own.
as_tenant() {
	local group=/sys/fs/cgroup/$1
	mkdir -p "$group"
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "${@:2}"
}

# tell DOMAIN CLASS: the figures of one tenant that tries to find out what the other holds.
tell() {
	echo "$1" >/sys/kernel/tmem/dedup
	as_tenant one tmem-test hoard --kind persistent --pages $pages --class "$2" --seed 1 -- \
		bash -c "as_tenant two tmem-test tell --pages $pages --class $2 --held 1 --other 2" >"$scratch/counts"
	cat "$scratch/counts"
	printf '# domain %-6s class %-6s put %6d held, %6d not: distance %3d%%; free %5d held, %5d not: distance %3d%%\n' "$1" "$2" \
		"$(counted put_held)" "$(counted put_other)" "$(counted put_distance)" \
		"$(counted free_held)" "$(counted free_other)" "$(counted free_distance)" >>"$scratch/table"
}

# Kolmogorov and Smirnov: 100% is what equal distributions exceed once in a thousand times.
tells_nothing() {
	tell cgroup "$1"
	(($(counted put_distance) < 100 && $(counted free_distance) < 100))
}

tells_all() {
	tell global "$1"
	(($(counted put_distance) > 300 && $(counted free_distance) > 300))
}

is_for_root() {
	local name
	for name in dedup_pages dedup_pending_pages shared_bytes; do
		fails setpriv --reuid=65534 --regid=65534 --clear-groups cat $stats/$name
	done
	setpriv --reuid=65534 --regid=65534 --clear-groups cat $stats/puts
}

clean_up() {
	echo cgroup >/sys/kernel/tmem/dedup
	rmdir /sys/fs/cgroup/one /sys/fs/cgroup/two
}

export -f as_tenant
for class in text random; do
	case_of "domain cgroup: puts and frees of $class tell nothing" tells_nothing $class
	case_of "domain global: the same test sees it" tells_all $class
done
cat "$scratch/table"
case_of "counters that tell are root's" is_for_root
