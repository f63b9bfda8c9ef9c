#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Nonsense, negative, huge, empty, unterminated and 4 KiB-long writes to every writable attribute change nothing.
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

nines=$(printf '9%.0s' {1..4096})
letters=$(printf 'A%.0s' {1..4096})
nuls=$(printf '\\0%.0s' {1..4096})
# As tmem-test reads them. None of them means anything to any attribute.
bad=(
	nonsense 'nonsense\n' '51x' '0x10' '1 2\n' '1.5G\n' ' 1' '1 \n' '\t1' -1 '-1\n' '-512M' +1 '\n' '\n\n' '1\n\n' '1\n2\n'
	'\0' '1\0' '5M\0\n' '\xff\xfe' '5MM' 'M' 5MB 18446744073709551616 99999999999999999999999999 16E lz 'lz4x\n' LZ4 '[lz4]'
	"$nines" "$letters" "$nuls"
)

module_files() {
	find /sys/kernel/tmem $control/hot_remove -type f -perm /222
}

# Of the files in a disk's directory, those that other disks do not have.
disk_files() {
	local file other
	other=$(echo /sys/block/nvme*)
	find "$sys/" -maxdepth 1 -type f -perm /222 | while read -r file; do
		[[ -e ${other%% *}/${file##*/} ]] || echo "$file"
	done
}

all_that_can_be_seen() {
	grep . -r /sys/kernel/tmem --exclude-dir stats
	grep . $sys/{comp_algorithm,disksize,initstate,mem_limit,mm_stat} /sys/kernel/tmem/stats/*_bytes
	echo /sys/block/tmem*
}

names() {
	xargs -n 1 basename | sort
}

knows_them_all() {
	diff <(disk_files | names) <(printf '%s\n' backing_dev comp_algorithm disksize mem_limit mem_used_max reset writeback{,_incompressible,_limit,_limit_enable})
	diff <(module_files | names) <(printf '%s\n' codec dedup default_limit hot_remove idle_tax_percent limit_bytes max_bytes \
		persistent_bytes_per_user recompress_{cpu_percent,idle_seconds} reserve_bytes track weight)
}

# errors_of FILE: what a path may be besides: of no file, of a folder, too long, or come too late.
errors_of() {
	if [[ $1 != */backing_dev ]]; then
		echo 'EINVAL|ENOMEM'
	elif [[ $(<$sys/initstate) == 1 ]]; then
		echo 'EINVAL|EBUSY'
	else
		echo 'EINVAL|ENOENT|EISDIR|ENAMETOOLONG'
	fi
}

refuses_nonsense() {
	local before
	before=$(all_that_can_be_seen)
	tmem-test attribute "$1" -- "${bad[@]}" >"$scratch/results"
	paste "$scratch/results" <(printf '%.20s\n' "${bad[@]}")
	[[ $(wc -l <"$scratch/results") == "${#bad[@]}" ]]
	fails grep -vxE "$(errors_of "$1")" "$scratch/results"
	[[ $(all_that_can_be_seen) == "$before" ]]
}

# The kernel does not even ask the module; what matters is that nothing changes.
ignores_nothing() {
	local before
	before=$(all_that_can_be_seen)
	[[ $(writing '' "$1") == ok ]]
	[[ $(all_that_can_be_seen) == "$before" ]]
}

refuses_what_no_disk_can_be() {
	local size
	for size in 0 '0\n' 0K; do [[ $(writing "$size" $sys/disksize) == EINVAL ]]; done
	for size in 15E 18446744073709551615 18446744073709547520 9223372036854775807 4P; do
		[[ $(writing "$size" $sys/disksize) == ENOMEM ]]
	done
	[[ $(<$sys/initstate) == 0 && $(<$sys/disksize) == 0 ]]
	gauges_are_zero
	echo 16M >$sys/disksize
}

unterminated_is_fine() {
	[[ $(writing 3M $sys/mem_limit) == ok && $(<$sys/mem_limit) == $((3 << 20)) ]]
	[[ $(writing '5m\n' $sys/mem_limit) == ok && $(<$sys/mem_limit) == $((5 << 20)) ]]
	[[ $(writing 0 $sys/mem_limit) == ok ]]
	[[ $(writing raw /sys/kernel/tmem/codec) == ok && $(</sys/kernel/tmem/codec) == 'lz4 zstd [raw]' ]]
	[[ $(writing 'lz4\n' /sys/kernel/tmem/codec) == ok && $(</sys/kernel/tmem/codec) == '[lz4] zstd raw' ]]
}

modes_are_kept() {
	[[ $(stat -c %a $control/hot_add) == 400 && $(stat -c %a $control/hot_remove) == 200 ]]
	[[ $(stat -c %a /sys/kernel/debug/tmem/corrupt) == 200 ]]
	fails tee $sys/mm_stat <<<1
	fails tee /sys/kernel/tmem/stats/pages <<<1
}

case_of "the list of writable files is whole" knows_them_all
for file in $(disk_files) $(module_files); do
	case_of "${file#/sys/} of a disk with a size" refuses_nonsense "$file"
	case_of "${file#/sys/}: an empty write" ignores_nothing "$file"
done
echo 1 >$sys/reset
for file in $(disk_files); do
	case_of "${file#/sys/} of a disk without a size" refuses_nonsense "$file"
done
case_of "disksize: 0, and more than can be addressed" refuses_what_no_disk_can_be
case_of "a value needs no newline at its end" unterminated_is_fine
case_of "who may read and write what" modes_are_kept
