# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by scripts/test: says how each case ended, and counts.

# shellcheck source=selftests/lib/timer.sh
. "$TMEM_ROOT/selftests/lib/timer.sh"

passed=0
failed=0
failures=()
skips=()

# report ok|not|skip TITLE [REASON]
report() {
	local number=$((passed + failed + ${#skips[@]} + 1))
	case $1 in
	ok)
		passed=$((passed + 1))
		echo "ok $number - $2"
		;;
	not)
		failed=$((failed + 1)) failures+=("$2")
		echo "not ok $number - $2"
		;;
	skip)
		skips+=("$2: $3")
		echo "ok $number - $2 # SKIP $3"
		;;
	esac
}

# run_case TITLE CMD...: a case that is one command of the host; its output is shown if it fails.
run_case() {
	local title=$1
	shift
	start case "$@"
	wait_for case "$title"
}

# wait_for LANE TITLE: a case that is what was started there.
wait_for() {
	local status log
	log=$(log_of "$1")
	await "$1"
	if [[ $status == 0 ]]; then
		report ok "$2 $(since "${start_of[$1]}")"
	else
		report not "$2 $(since "${start_of[$1]}")"
		sed 's/^/# /' "$log.out" "$log.err"
	fi
}

# start LANE CMD...: in the background, its streams in files of the lane.
declare -A process_of=() start_of=()
start() {
	local lane=$1 log
	shift
	mkdir -p "$TMEM_CACHE/log"
	log=$(log_of "$lane")
	: >"$log.out"
	start_of[$lane]=$EPOCHREALTIME
	"$@" >"$log.out" 2>"$log.err" </dev/null &
	process_of[$lane]=$!
	running+=("$!")
}

log_of() {
	echo "$TMEM_CACHE/log/test-$$-$1"
}

# await LANE: its end; sets `status`.
await() {
	local pid=${process_of[$1]}
	status=0
	wait "$pid" || status=$?
	mapfile -t running < <(printf '%s\n' "${running[@]}" | grep -vx "$pid")
}

# stop_running: what was started ends with this program.
running=()
stop_running() {
	trap '' INT TERM HUP
	echo "# stopped"
	[[ ${#running[@]} == 0 ]] || kill "${running[@]}" 2>/dev/null || true
	wait
}

# finish: the last lines; status 0 if nothing failed.
finish() {
	local line
	rm -f "$TMEM_CACHE/log/test-$$-"*
	for line in "${skips[@]}"; do echo "# skipped: $line"; done
	for line in "${failures[@]}"; do echo "# failed: $line"; done
	echo "# in $SECONDS s"
	echo "$passed passed, $failed failed, ${#skips[@]} skipped"
	[[ $failed == 0 ]]
}
