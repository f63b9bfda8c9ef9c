# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced in the guest: memory that nothing points at any more, as the debug kernel's kmemleak finds it.

kmemleak=/sys/kernel/debug/kmemleak

# What the kernel itself has lost is not ours.
forget_leaks() {
	[[ ! -e $kmemleak ]] || { find_leaks >/dev/null; echo clear >$kmemleak; }
}

# Twice, as nothing younger than five seconds counts.
find_leaks() {
	echo scan >$kmemleak
	sleep 5
	echo scan >$kmemleak
	cat $kmemleak
}

leaks_nothing() {
	local leaks
	leaks=$(find_leaks)
	[[ -n $leaks ]] || return 0
	echo clear >$kmemleak
	head -n 60 <<<"$leaks"
	return 1
}
