# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # case_start is report.sh's
# Sourced by scripts/test: runs selftests, in as few guests as will do. Tests that want the same guest share a boot, in order;
# if it dies, the test that ran has failed, and the rest goes on in a new one.

file_of() {
	echo "$TMEM_ROOT/selftests/$1.sh"
}

# run_selftests NAME...
run_selftests() {
	local name guest guests=()
	declare -A tests_of=()
	for name in "$@"; do
		guest=$(guest_of "$name")
		[[ -n ${tests_of[$guest]:-} ]] || guests+=("$guest")
		tests_of[$guest]+="$name "
	done
	for guest in "${guests[@]}"; do
		# shellcheck disable=SC2086 # a list of names
		case $guest in
		host) run_on_host ${tests_of[$guest]} ;;
		*) run_in_guests "$guest" ${tests_of[$guest]} ;;
		esac
	done
}

# guest_of NAME: the options of the guest it wants, `default`, or `host`.
guest_of() {
	if runs_on_host "$(file_of "$1")"; then
		echo host
	else
		head_of guest "$(file_of "$1")" default
	fi
}

run_on_host() {
	local name
	for name in "$@"; do
		current=$name
		case_start=$EPOCHREALTIME
		follow host_test "$name"
		[[ $status == 0 ]] || report not "$name: it ends with status 0, not $status"
	done
	current=
}

host_test() {
	timeout -k 10 "$(head_of timeout "$(file_of "$1")" 180)" bash "$(file_of "$1")"
}

# run_in_guests OPTIONS NAME...: until all have run.
run_in_guests() {
	local options=$1
	shift
	waiting=("$@")
	while [[ ${#waiting[@]} != 0 ]]; do
		current=
		echo "# a guest ($options) for ${#waiting[@]} tests"
		follow boot "$options" "${waiting[@]}"
		[[ $status == 0 || $status == 3 && -z $current ]] || guest_died
	done
}

# boot OPTIONS NAME...: the guest's standard output is the tests'.
boot() {
	local options=$1 seconds=120 name setting settings=()
	shift
	for name in "$@"; do
		seconds=$((seconds + $(head_of timeout "$(file_of "$name")" 180)))
	done
	for setting in $options; do
		[[ $setting == default ]] || settings+=("$setting")
	done
	# The tests are copied: the share's server must not be needed by a guest that is out of memory.
	exec env "${settings[@]}" LOAD=0 SHARE="$TMEM_ROOT/selftests" TIMEOUT="$seconds" \
		RUN="cp -r /mnt/share /root/selftests; bash /root/selftests/lib/guest.sh $*" "$TMEM_ROOT/qemu/guest"
}

# follow CMD...: runs it and handles its lines as they come; sets `status`.
follow() {
	local line lines
	mkdir -p "$TMEM_CACHE/log"
	guest_log=$TMEM_CACHE/log/selftest-guest.$$
	mkfifo "$guest_log.out"
	"$@" >"$guest_log.out" 2>"$guest_log" </dev/null &
	running=$!
	exec {lines}<"$guest_log.out"
	rm "$guest_log.out"
	while IFS= read -r line <&"$lines"; do handle "$line"; done
	exec {lines}<&-
	status=0
	wait "$running" || status=$?
	running=
}

handle() {
	local title=${1#*- }
	case $1 in
	'# Subtest: '*) current=${1#*: } case_start=$EPOCHREALTIME ;;
	'# Done: '*) current='' waiting=("${waiting[@]:1}") ;;
	'ok '*' # SKIP '*) report skip "$current: ${title% # SKIP *}" "${1#* # SKIP }" ;;
	'1..0 # SKIP '*) report skip "$current" "${1#* # SKIP }" ;;
	'ok '*) report ok "$current: $title" ;;
	'not ok '*) report not "$current: $title" ;;
	1..*) ;;
	*) printf '%s\n' "$1" ;;
	esac
}

# guest_died: the test that ran has failed, or the first one if none did.
guest_died() {
	local console
	report not "${current:-${waiting[0]}}: the guest survives it (status $status)"
	sed 's/^/# /' "$guest_log"
	console=$(sed -n 's/.*the console: //p' "$guest_log" | tail -n 1)
	[[ -z $console ]] || tail -n 60 "$console" | sed 's/^/# console: /'
	waiting=("${waiting[@]:1}")
}
