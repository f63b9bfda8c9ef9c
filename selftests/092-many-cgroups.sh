#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What a put costs beside a thousand other cgroups: hardly more.
# kernel: stock
# guest: ICOUNT=1 CPUS=1
# timeout: 600
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"
number=1000
# What the boot left to do is counted, too.
sleep 5

# cost_in GROUP: of a put, in instructions: the mean of the last ones.
cost_in() {
	make_cgroup "$1" max
	track "$1"
	in_group "$1" tmem-test flood --pages 2000 >"$scratch/counts"
	counted put_last
}

costs_hardly_more() {
	local alone many
	alone=$(cost_in first)
	mkdir /sys/fs/cgroup/many
	for ((at = 0; at < number; at++)); do
		mkdir "/sys/fs/cgroup/many/$at"
		echo "/many/$at" >$cgroups/track
	done
	many=$(cost_in last)
	echo "# put: $alone alone, $many beside $number cgroups" >>"$scratch/table"
	((many * 100 <= alone * 105))
}

clean_up() {
	rmdir /sys/fs/cgroup/many/* /sys/fs/cgroup/many /sys/fs/cgroup/first /sys/fs/cgroup/last
}

case_of "beside $number cgroups a put costs no more than 5% more" costs_hardly_more
cat "$scratch/table"
