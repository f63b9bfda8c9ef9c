#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# rust/sysfs/ABI says what there is: each file of the module, its mode, the form of its value, what nonsense written to it gives.
# host
# timeout: 400
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=scripts/lib/env.sh
. "$tests_dir/../scripts/lib/env.sh"
documents=$TMEM_ROOT/rust/sysfs/ABI

# documented: PATH MODE UNIT ERRORS of each file, between tabs. A document without one of them ends it.
documented() {
	awk '
	function finish(   i) {
		if (n && !(date && version && mode && unit && errors)) {
			print "incomplete: " what[1] >"/dev/stderr"
			exit failed = 1
		}
		for (i = 1; i <= n; i++) print what[i] "\t" mode "\t" unit "\t" errors
		n = date = version = described = mode = unit = errors = 0
	}
	function value() { sub(/^[^:]*:\t+/, ""); return $0 }
	/^What:/ { if (described) finish(); what[++n] = value() }
	/^Date:/ { date = 1 }
	/^KernelVersion:/ { version = 1 }
	/^Description:/ { described = 1 }
	/^\t\tMode:/ { mode = value() }
	/^\t\tUnit:/ { unit = value() }
	/^\t\tErrors:/ { errors = value(); next }
	errors && /^\t\t\t/ { sub(/^\t+/, " "); errors = errors $0 }
	END { if (!failed) finish(); exit failed }
	' "$documents"/*
}

# facts: runs in the guest: PATH MODE NONSENSE VALUE of each file, between tabs. NONSENSE is what writing that gives.
facts() {
	local file mode nonsense value
	{
		find /sys/kernel/tmem /sys/class/tmem-control/hot_* /sys/module/tmem/parameters /sys/kernel/debug/tmem -type f
		own_files /sys/block/tmem0
		printf '%s\n' /dev/tmem /dev/tmem0
	} | while read -r file; do
		mode=$(stat -Lc %a "$file") nonsense=- value=-
		[[ ! -f $file || ! $mode =~ ^[267] ]] || nonsense=$(tmem-test attribute "$file" -- nonsense)
		[[ ! -f $file || ! $mode =~ ^[4567] ]] || value=$(tr '\n' ' ' <"$file")
		printf '%s\t0%s\t%s\t%s\n' "$file" "$mode" "$nonsense" "${value% }"
	done
}

# own_files DISK: those that other disks do not have.
own_files() {
	local file
	for file in "$1"/*; do
		[[ ! -f $file || -e /sys/block/nvme0n1/${file##*/} ]] || echo "$file"
	done
}

collect() {
	local text
	text="$(declare -f facts own_files); facts"
	RUN=$text TIMEOUT=120 "$TMEM_ROOT/qemu/guest" >"$scratch/raw"
	# Numbers of disks, pools and cgroups are any.
	sed -E 's,tmem[0-9]+,tmem<id>,;s,/pools/[0-9]+/,/pools/<pool>/,;s,/cgroups/[0-9]+/,/cgroups/<cgroup>/,' "$scratch/raw" | sort -u >"$scratch/facts"
	[[ -s $scratch/facts ]]
}

is_well_formed() {
	documented | sort >"$scratch/documented"
	[[ -s $scratch/documented ]]
	fails grep -nE '.{101}' "$documents"/*
	[[ $(cut -f1 "$scratch/documented" | uniq -d) == '' ]]
	[[ -e $TMEM_ROOT/$(grep -oE 'rust/[a-z/]+tmem\.h' "$documents/dev-tmem") ]]
}

same_files() {
	diff <(cut -f1 "$scratch/documented") <(cut -f1 "$scratch/facts" | sort -u)
}

same_modes() {
	diff <(cut -f1,2 "$scratch/documented") <(cut -f1,2 "$scratch/facts" | sort -u)
}

# each_fact FUNCTION: with the path, unit and errors of the document, what nonsense gives, and the value.
each_fact() {
	local path unit errors nonsense value
	join -t $'\t' -o 1.1,1.3,1.4,2.3,2.4 "$scratch/documented" "$scratch/facts" |
		while IFS=$'\t' read -r path unit errors nonsense value; do
			"$1" "$path" "$unit" "$errors" "$nonsense" "$value"
		done
}

has_unit() {
	local form
	[[ $5 != - ]] || return 0
	case $2 in
	bytes | pages | count | microseconds | seconds | percent | number) form='[0-9]+' ;;
	flag) form='[01]' ;;
	choice) form='([a-z0-9]+ )*\[[a-z0-9]+\]( [a-z0-9]+)*' ;;
	limit) form='max|[0-9]+[KMGTPE%]?' ;;
	text) form='.+' ;;
	records) form='' ;;
	*' numbers') form=" *([0-9]+ +){$((${2% *} - 1))}[0-9]+" ;;
	*) form='no such unit' ;;
	esac
	[[ $5 =~ ^($form)$ ]]
}

refuses_nonsense() {
	[[ $4 == - || " $3" == *" $4"[:\;]* || " $3" == *" $4" ]]
}

case_of "the document has all that it must have" is_well_formed
case_of "a guest says what there is" collect
case_of "each file is documented, and each documented file is there" same_files
case_of "with the mode that it has" same_modes
case_of "a value has the documented form" each_fact has_unit
case_of "nonsense is refused with a documented error" each_fact refuses_nonsense
