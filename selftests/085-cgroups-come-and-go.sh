#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Thousands of cgroups are made, charged and removed, and leave nothing.
# long
# timeout: 600
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
# shellcheck source=selftests/lib/cgroups.sh
. "${0%/*}/lib/cgroups.sh"
number=$(fewer 10000)

thousands_leave_nothing() {
	tmem-test churn --cgroups "$number"
	within 3 only_root_is_left
	# The header of the swap disk stays.
	(($(stat_of pages) <= 1))
	# Nothing holds on to them.
	within 10 no_cgroup_is_dying
}

no_cgroup_is_dying() {
	(($(event /sys/fs/cgroup/cgroup.stat nr_dying_descendants) < 10))
}

case_of "$number cgroups come and go" thousands_leave_nothing
