#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# modinfo, the version, and the log of a load say what a user expects.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

says_who_and_what() {
	[[ $(modinfo -F author tmem) == *tmem* ]]
	[[ $(modinfo -F description tmem) == *[Tt]ranscendent* ]]
	[[ $(modinfo -F license tmem) == GPL* ]]
	[[ $(modinfo -F name tmem) == tmem ]]
	[[ $(modinfo -F vermagic tmem) == "$(uname -r) "* ]]
}

version_is_one() {
	local version
	version=$(modinfo -F version tmem)
	[[ $version =~ ^[0-9]+\.[0-9]+ ]]
	[[ $(</sys/module/tmem/version) == "$version" ]]
	[[ $(</sys/kernel/tmem/version) == "$version" ]]
}

parameters_are_documented() {
	local parameters parameter
	parameters=$(modinfo -F parm tmem)
	grep -q '^disks:.*(uint)$' <<<"$parameters"
	grep -q '^disksize:.*(charp)$' <<<"$parameters"
	# Every parameter there is has a description.
	for parameter in /sys/module/tmem/parameters/*; do
		grep -qE "^${parameter##*/}:.{20}" <<<"$parameters"
	done
}

disk_is_there_after_load() {
	local ram
	ram=$(awk '$1 == "MemTotal:" { print $2 * 1024 }' /proc/meminfo)
	[[ -b $disk ]]
	[[ $(<$sys/initstate) == 1 ]]
	[[ $(<$sys/disksize) == "$ram" ]]
	[[ $(blockdev --getsize64 "$disk") == "$ram" ]]
	[[ $(blockdev --getss "$disk") == 4096 ]]
}

max_bytes_is_half_of_ram() {
	[[ $(</sys/kernel/tmem/max_bytes) == $((($(<$sys/disksize)) / 2)) ]]
}

case_of "author, description, licence, kernel" says_who_and_what
case_of "one version in modinfo, /sys/module and /sys/kernel/tmem" version_is_one
case_of "every parameter is documented" parameters_are_documented
case_of "/dev/tmem0 is there after the load, as large as RAM, of 4 KiB blocks" disk_is_there_after_load
case_of "max_bytes is half of RAM" max_bytes_is_half_of_ram
