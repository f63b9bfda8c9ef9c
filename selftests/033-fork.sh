#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Processes that share swapped-out pages after a fork each keep their own view.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

share() {
	swap_on 256M
	count memory --mib "$1" --kind "$2" --page-out --children 3 --rounds 2
	(($(counted swapped_kib) > $1 * 1024 * 8 / 10))
	[[ $(stat_of pages) == 1 && $(used_swap) == 0 ]]
	swap_off
}

case_of "small pages, three children that overwrite and swap out again" share 16 private
case_of "huge pages" share 16 huge
