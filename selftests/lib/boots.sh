# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by scripts/test: runs selftests, in as few guests as will do. Tests that want the same guest share a boot, in order;
# if it dies, the test that ran has failed, and the rest goes on in a new one.

# One guest more than there are processors: each keeps no more than one busy, and now and then waits.
turns=$(($(nproc) + 1))

# run_selftests NAME...: of one kernel, in several guests and on the host at once; the lines of one are shown after those of the
# one before. The usual guests, which are alike, end together, so they are the last.
run_selftests() {
	local name guest guests=() usual=() index number=0 parts=$(($# / 4))
	# Of many tests twice as many parts as run at once: who is done early takes one more. A few are not worth another boot.
	((parts <= 2 * turns)) || parts=$((2 * turns))
	declare -A tests_of=()
	for name in "$@"; do
		guest=$(guest_of "$name")
		# Most tests want the same guest.
		if [[ $guest == default && $parts -gt 1 ]]; then
			number=$((number % parts + 1))
			guest="default $number"
		fi
		if [[ -z ${tests_of[$guest]:-} ]]; then
			case $guest in
			default*) usual+=("$guest") ;;
			*) guests+=("$guest") ;;
			esac
		fi
		tests_of[$guest]+="$name "
	done
	guests+=("${usual[@]}")
	rm -f "$(log_of begun)"*
	# shellcheck disable=SC2086 # lists of names
	{
		for index in "${!guests[@]}"; do start_boot "$index" "${guests[index]}" ${tests_of[${guests[index]}]}; done
		for index in "${!guests[@]}"; do run_in_guests "$index" "${guests[index]}" ${tests_of[${guests[index]}]}; done
	}
}

# guest_of NAME: the options of the guest it wants, `default`, or `host`. Another `default` has a number.
guest_of() {
	if runs_on_host "$1"; then
		echo host
	else
		head_of guest "$(file_of "$1")" default
	fi
}

# run_in_guests LANE OPTIONS NAME...: until all have run. The first guest is started already.
run_in_guests() {
	local lane=$1 options=$2
	shift 2
	waiting=("$@")
	current=
	if [[ $options == host ]]; then
		echo "# the host, for ${#waiting[@]} tests"
	else
		echo "# a guest (${options% [0-9]*}) for ${#waiting[@]} tests"
	fi
	while true; do
		follow "$lane"
		[[ $status == 0 || $status == 3 && -z $current ]] || guest_died "$lane"
		[[ ${#waiting[@]} != 0 ]] || break
		current=
		echo "# another guest (${options% [0-9]*}) for ${#waiting[@]} tests"
		start_boot "$lane" "$options" "${waiting[@]}"
	done
}

start_boot() {
	if [[ $2 == host ]]; then
		start "$1" on_host "$@"
	else
		start "$1" boot "$@"
	fi
}

# on_host LANE OPTIONS NAME...: speaks as a guest does (guest.sh).
on_host() {
	local name file status
	await_turn "$1"
	shift 2
	trap 'kill "$!"; exit "$TMEM_STOPPED"' TERM
	for name in "$@"; do
		file=$(file_of "$name") status=0
		echo "# Subtest: $name"
		timeout -k 10 "$(head_of timeout "$file" 180)" bash "$file" &
		wait "$!" || status=$?
		[[ $status == 0 ]] || echo "not ok - it ends with status 0, not $status"
		echo "# Done: $name"
	done
}

# boot LANE OPTIONS NAME...: the guest's standard output is the tests'.
boot() {
	local lane=$1 options=$2 seconds=120 patience=1 name setting settings=()
	shift 2
	settings=("KERNEL=$(kernel_of "$1")")
	[[ ${settings[0]} != *debug ]] || patience=5
	for name in "$@"; do
		seconds=$((seconds + $(head_of timeout "$(file_of "$name")" 180)))
	done
	for setting in $options; do
		[[ $setting != *=* ]] || settings+=("$setting")
	done
	await_turn "$lane"
	# The tests are copied, and the share given up: a guest that is out of memory must not need its server, nor complain of it.
	exec env "${settings[@]}" LOAD=0 SHARE="$TMEM_ROOT/selftests" TIMEOUT=$((patience * seconds)) \
		RUN="cp -r /mnt/share /root/selftests; umount /mnt/share; PATIENCE=$patience bash /root/selftests/lib/guest.sh ${*#*:}" "$TMEM_ROOT/qemu/guest"
}

# await_turn LANE: until there is one, after those before have had theirs. It is held for as long as this process and those it
# becomes or starts.
await_turn() {
	local turn lock
	until [[ $1 == 0 || -e $(log_of "begun$(($1 - 1))") ]]; do sleep 0.2; done
	while true; do
		for ((turn = 0; turn < turns; turn++)); do
			exec {lock}>"$(log_of "turn$turn")"
			if flock -n "$lock"; then
				touch "$(log_of "begun$1")"
				return
			fi
			exec {lock}>&-
		done
		sleep 0.5
	done
}

# follow LANE: handles its lines as they come; sets `status`.
follow() {
	local line pid=${process_of[$1]} log
	log=$(log_of "$1")
	while IFS= read -r line; do handle "$line"; done < <(exec tail -n +1 -s 0.1 -f --pid="$pid" "$log.out")
	await "$1"
}

handle() {
	local title=${1#*- }
	case $1 in
	'# Subtest: '*)
		current=${waiting[0]}
		begins_now
		;;
	'# Done: '*)
		has_ended "$current"
		current='' waiting=("${waiting[@]:1}")
		;;
	'ok '*' # SKIP '*) report skip "$current: ${title% # SKIP *}" "${1#* # SKIP }" ;;
	'1..0 # SKIP '*) report skip "$current" "${1#* # SKIP }" ;;
	'ok '*) report ok "$current: $title" ;;
	'not ok '*) report not "$current: $title" ;;
	1..*) ;;
	*) printf '%s\n' "$1" ;;
	esac
}

# guest_died LANE: the test that ran has failed, or the first one if none did.
guest_died() {
	local console log
	log=$(log_of "$1").err
	report not "${current:-${waiting[0]}}: the guest survives it (status $status)"
	sed 's/^/# /' "$log"
	console=$(sed -n 's/.*the console: //p' "$log" | tail -n 1)
	[[ -z $console ]] || tail -n 60 "$console" | sed 's/^/# console: /'
	waiting=("${waiting[@]:1}")
}
