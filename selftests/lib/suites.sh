# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # kernels: of scripts/test
# Sourced by scripts/test: the suites that are no selftests.

# All crates' own tests at once: each alone would have what they share compiled once more, for what it alone wants of that.
suite_host() {
	run_case "host: the tests of the crates" test_crates
}

# Cargo finds no test in a crate that lost its tests, and is content: we are not.
test_crates() {
	local crate out=$TMEM_ROOT/.build/cargo-test.log
	mkdir -p "${out%/*}"
	in_workspace test --workspace --no-fail-fast 2>&1 | tee "$out" || return 1
	for crate in tmem_core tmemctl tmem_client tmem_test tmem_bench; do
		awk -v crate="/$crate-" '/ Running / { here = index($0, crate) } here && /^test result: ok. [1-9]/ { ran = 1 } END { exit !ran }' \
			"$out" || die "$crate has lost its tests"
	done
}

suite_lint() {
	run_case "lint: no warnings" "$TMEM_ROOT/scripts/lint"
}

suite_build() {
	local kernel
	for kernel in "${kernels[@]}"; do
		run_case "build: modules and programs, $kernel kernel" build "$kernel"
	done
}

# build KERNEL
build() {
	local kver
	KERNEL=$1 "$TMEM_ROOT/scripts/build" all
	KERNEL=$1 find_release
	touch "$TMEM_ROOT/.build/$kver/tested"
}

# build_if_stale KERNEL: make needs seconds to see that nothing changed; one look at the sources is enough.
build_if_stale() {
	local kver stamp
	local sources=(Kbuild rust scripts/tmemctl scripts/build scripts/lib selftests/examples selftests/modules \
		selftests/tmem-client selftests/tools)
	KERNEL=$1 find_release
	stamp=$TMEM_ROOT/.build/$kver/tested
	if [[ -e $stamp && -z $(cd "$TMEM_ROOT" && find "${sources[@]}" -newer "$stamp" -type f -print -quit) ]]; then
		return
	fi
	say "==> building for the $1 kernel"
	build "$1"
}

start_fuzzing() {
	start fuzz "$TMEM_ROOT/rust/core/fuzz/run" -max_total_time=60
}

suite_fuzz() {
	wait_for fuzz "fuzz: the page codec, for a minute"
}
