# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # kernels: of scripts/test
# Sourced by scripts/test: the suites that are no selftests.

# Every crate's own tests, one case a crate.
suite_host() {
	local crate
	for crate in rust/core scripts/tmemctl selftests/tmem-client selftests/tools selftests/bench; do
		[[ -e $TMEM_ROOT/$crate/Cargo.toml ]] || continue
		run_case "host: the tests of $crate" test_crate "$TMEM_ROOT/$crate"
	done
}

# Cargo finds no test in a crate that lost its tests, and is content: we are not.
test_crate() {
	local out=$TMEM_ROOT/.build/cargo-test.log
	mkdir -p "${out%/*}"
	"$TMEM_ROOT/scripts/in-toolchain" cargo test --quiet --offline --target-dir "$TMEM_ROOT/.build/cargo-test" \
		--manifest-path "$1/Cargo.toml" 2>&1 | tee "$out"
	grep -q 'test result: ok. [1-9]' "$out"
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
