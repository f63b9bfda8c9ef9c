#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# It is a plain disk too: ext4 is made, filled, verified, trimmed, checked.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"
requires_program mkfs.ext4
place=/mnt/tmem

make() {
	set_size 256M
	mkfs.ext4 -q "$disk"
	mkdir -p $place
	mount "$disk" $place
}

# Real files: what the guest has of programs and libraries, and what does not compress.
fill() {
	cp -r /usr/lib/python3.*/ $place/python
	cp /usr/bin/{bash,sqlite3} $place
	head -c 8M /dev/urandom >$place/random
	(cd $place && find . -type f -exec sha256sum {} +) >/root/sums
	[[ $(wc -l </root/sums) -gt 100 ]]
}

verify() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	(cd $place && sha256sum --quiet -c /root/sums)
}

survives_remount() {
	umount $place
	e2fsck -fn "$disk"
	mount "$disk" $place
	verify
}

trim_gives_back() {
	local pages
	rm -r $place/python $place/random
	sync
	pages=$(stat_of pages)
	fstrim -v $place
	(($(stat_of pages) < pages / 2))
	grep -E ' ./(bash|sqlite3)$' /root/sums >/root/rest
	echo 3 >/proc/sys/vm/drop_caches
	(cd $place && sha256sum --quiet -c /root/rest)
}

end() {
	umount $place
	e2fsck -fn "$disk"
	echo 1 >$sys/reset
	gauges_are_zero
}

case_of "mkfs.ext4 and mount" make
case_of "fill with real files" fill
case_of "verify by checksum, read from the disk" verify
case_of "verify after a remount and a check" survives_remount
case_of "fstrim gives back what was deleted" trim_gives_back
case_of "unmount, and all figures are 0" end
