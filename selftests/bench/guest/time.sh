#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Nanoseconds a page, of tmem and of zram in turn, with one worker and with two. For a guest at native speed: KERNEL=uml CPUS=2, or
# under KVM. Requests of 128 KiB; `put-p99` and `get-p99` are nanoseconds of such a request.
# shellcheck source=selftests/bench/guest/lib/figures.sh
. "${0%/*}/lib/figures.sh"
# shellcheck source=selftests/bench/guest/lib/stores.sh
. "${0%/*}/lib/stores.sh"

pages=${quick:+2000}
pages=${pages:-8000}
rounds=9
size=$((64 << 20))

times_of() {
	local source=$1 threads=$2 device what round value p99
	tmem-test time /dev/tmem0 /dev/zram0 --pages "$(pages_of "$source")" --most "$pages" --threads "$threads" --rounds $rounds |
		while read -r device what round value p99; do
			set -- store "${store_of[$device]}" source "$source" threads "$threads" round "$round"
			figure "$@" what "$what" value "$value"
			figure "$@" what "$what-p99" value "$p99"
		done
}

declare -A store_of=([/dev/tmem0]=tmem [/dev/zram0]=zram-lz4)

main() {
	local source threads
	load_stores
	machine disksize $size most_pages "$pages" rounds $rounds request_bytes 131072 recompression off
	store_on tmem $size
	store_on zram-lz4 $size
	for threads in 1 2; do
		for source in $(sources); do
			progress "$source, $threads at once"
			times_of "$source" "$threads"
		done
	done
	store_off tmem
	store_off zram-lz4
}

main
