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
	local title=$1 log=$TMEM_CACHE/log/test-$BASHPID start=$EPOCHREALTIME status=0
	shift
	mkdir -p "$TMEM_CACHE/log"
	"$@" >"$log" 2>&1 </dev/null &
	running=("$!")
	wait "$!" || status=$?
	running=()
	if [[ $status == 0 ]]; then
		report ok "$title $(since "$start")"
	else
		report not "$title $(since "$start")"
		sed 's/^/# /' "$log"
	fi
	rm -f "$log"
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
	rm -f "$TMEM_CACHE/log/selftests-$$-"*
	for line in "${skips[@]}"; do echo "# skipped: $line"; done
	for line in "${failures[@]}"; do echo "# failed: $line"; done
	echo "# in $SECONDS s"
	echo "$passed passed, $failed failed, ${#skips[@]} skipped"
	[[ $failed == 0 ]]
}
