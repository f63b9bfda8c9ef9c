# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by scripts/test: says how each case ended, and counts.

passed=0
failed=0
failures=()
skips=()
case_start=$EPOCHREALTIME

# report ok|not|skip TITLE [REASON]: one case, with how long it took.
report() {
	local now=$EPOCHREALTIME number seconds
	number=$((passed + failed + ${#skips[@]} + 1))
	seconds=$(((${now/./} - ${case_start/./}) / 100000))
	case_start=$now
	case $1 in
	ok) passed=$((passed + 1)) ;;
	not) failed=$((failed + 1)) failures+=("$2") ;;
	skip) skips+=("$2: $3") ;;
	esac
	case $1 in
	not) printf 'not ok %d - %s' "$number" "$2" ;;
	*) printf 'ok %d - %s' "$number" "$2" ;;
	esac
	[[ $1 != skip ]] || printf ' # SKIP %s' "$3"
	printf '  (%d.%d s)\n' "$((seconds / 10))" "$((seconds % 10))"
}

# run_case TITLE CMD...: a case that is one command of the host; its output is shown if it fails.
run_case() {
	local title=$1 log=$TMEM_CACHE/log/test-$BASHPID status=0
	shift
	mkdir -p "$TMEM_CACHE/log"
	case_start=$EPOCHREALTIME
	"$@" >"$log" 2>&1 </dev/null &
	running=$!
	wait "$running" || status=$?
	running=
	if [[ $status == 0 ]]; then
		report ok "$title"
	else
		report not "$title"
		sed 's/^/# /' "$log"
	fi
	rm -f "$log"
}

# stop_running: what was started ends with this program.
running=
stop_running() {
	trap '' INT TERM HUP
	echo "# stopped"
	[[ -z $running ]] || kill "$running" 2>/dev/null || true
	wait
}

# finish: the last lines; status 0 if nothing failed.
finish() {
	local line
	for line in "${skips[@]}"; do echo "# skipped: $line"; done
	for line in "${failures[@]}"; do echo "# failed: $line"; done
	echo "# in $SECONDS s"
	echo "$passed passed, $failed failed, ${#skips[@]} skipped"
	[[ $failed == 0 ]]
}
