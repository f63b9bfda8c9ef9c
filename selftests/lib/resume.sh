# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by scripts/test: remembers which tests have passed, so that `--all` can go on where it was stopped. It holds for one
# state of the sources: tests of another say nothing about this one.

results=

# open_results [FRESH]
open_results() {
	local sources
	mkdir -p "$TMEM_CACHE/tests"
	results=$TMEM_CACHE/tests/all-$(sha256sum <<<"$TMEM_ROOT" | cut -c1-12)
	sources=$(cd "$TMEM_ROOT" && find Kbuild rust scripts selftests qemu -type f -exec sha256sum {} + | sort | sha256sum)
	[[ -z ${1:-} && $(head -n 1 "$results" 2>/dev/null) == "$sources" ]] || echo "$sources" >"$results"
}

# has_passed NAME: in a run that was stopped; what it counted is counted in.
has_passed() {
	local name counted_passed
	while read -r name counted_passed; do
		[[ $name == "$1" ]] || continue
		passed=$((passed + counted_passed))
		echo "# $name has passed before"
		return 0
	done < <(tail -n +2 "$results" 2>/dev/null)
	return 1
}

# begins_now, has_ended NAME: around each test.
begins_now() {
	before=("$passed" "$failed")
}

has_ended() {
	[[ -z $results || $failed != "${before[1]}" ]] || echo "$1 $((passed - before[0]))" >>"$results"
}
