#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The module's build: the same bytes each time, again after any file's change, and plain words where it cannot be done.
# host
# slow
# timeout: 800
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=scripts/lib/env.sh
. "$tests_dir/../scripts/lib/env.sh"
release=${KVER:-$(<"$TMEM_CACHE/kernel/default")}
# Others use what was built before.
out=$scratch/module
export OUT=$out

build_module() {
	"$TMEM_ROOT/scripts/build" module
}

equal_bytes() {
	local first
	build_module
	first=$(sha256sum <"$out/tmem.ko")
	rm -rf "$out"
	build_module
	[[ $(sha256sum <"$out/tmem.ko") == "$first" ]]
}

nothing_to_do() {
	build_module 2>&1 | tee "$scratch/log"
	fails grep -E '^ +(RUSTC|CC|BINDGEN|LD)' "$scratch/log"
}

# The compiler wrote down what it read: no source of the module is missing there. The rest is for hosts.
knows_its_sources() {
	local file sources
	sources=$(cat "$out"/rust/.tmem_main.o.cmd)
	for file in $(cd "$TMEM_ROOT" && find rust -name '*.rs' | grep -vE '^rust/core/(tests|fuzz|benches|policy/cache)[/.]'); do
		grep -qF "$file" <<<"$sources"
	done
}

# remade FILE: after its change the module is newer than it. What else was built of it is up to date, as it was.
remade() {
	local file=$TMEM_ROOT/$1
	touch -r "$file" "$scratch/date"
	touch "$file"
	fails test "$out/tmem.ko" -nt "$file"
	build_module
	[[ $out/tmem.ko -nt $file ]]
	touch -r "$scratch/date" "$file"
}

# kernel_tree CONFIG...: a folder that passes for a prepared kernel tree with these settings.
kernel_tree() {
	tree=$scratch/tree
	rm -rf "$tree"
	mkdir -p "$tree/include/config" "$tree/rust"
	touch "$tree/Makefile"
	echo 7.0-test >"$tree/include/config/kernel.release"
	printf '%s\n' "$@" >"$tree/include/config/auto.conf"
}

# says REGEX CMD...: it fails, and says that.
says() {
	local wanted=$1
	shift
	fails "$@" >"$scratch/said" 2>&1
	cat "$scratch/said"
	grep -qE "$wanted" "$scratch/said"
}

installs() {
	local place=$scratch/installed
	DESTDIR=$place PREFIX=/usr "$TMEM_ROOT/scripts/install" 2>&1 | tee "$scratch/said"
	fails grep -i error "$scratch/said"
	compgen -G "$place/lib/modules/$release/updates/tmem.ko*"
	"$place/usr/sbin/tmemctl" --version
	[[ -s $place/usr/share/man/man8/tmemctl.8 && -e $place/usr/lib/systemd/system/tmem.service ]]
}

refuses_unknown_release() {
	KVER=7.0.0-none says "the mirror has no .* for KVER=7.0.0-none; it has them for" build_module
	grep -qF "$release" "$scratch/said"
}

refuses_what_is_no_tree() {
	KDIR=$scratch/nowhere says 'is no directory' build_module
	mkdir -p "$scratch/empty"
	KDIR=$scratch/empty says 'not a prepared kernel tree' build_module
}

refuses_kernel_without_rust() {
	kernel_tree CONFIG_MODULES=y
	KDIR=$tree says 'without CONFIG_RUST' build_module
}

refuses_tree_without_metadata() {
	kernel_tree CONFIG_RUST=y
	KDIR=$tree says "not the kernel's Rust metadata" build_module
	touch "$tree/rust/libkernel.rmeta"
	KDIR=$tree says 'no Module.symvers' build_module
}

refuses_another_rustc() {
	kernel_tree CONFIG_RUST=y 'CONFIG_RUSTC_VERSION_TEXT="rustc 1.0.0 (a59de37e9 2015-05-13)"'
	touch "$tree/rust/libkernel.rmeta" "$tree/Module.symvers"
	KDIR=$tree says 'with another rustc' build_module
	grep -q 'rustc 1.0.0' "$scratch/said"
}

case_of "two builds in the same folder give equal bytes" equal_bytes
case_of "nothing is done when nothing changed" nothing_to_do
case_of "the build knows all its sources" knows_its_sources
for file in rust/c/helpers.c rust/c/bindings.h rust/core/size.rs; do
	case_of "$file changes, and the module is built again" remade "$file"
done
case_of "make install, below DESTDIR, without complaints" installs
case_of "KVER that the mirror does not have" refuses_unknown_release
case_of "KDIR that is no kernel tree" refuses_what_is_no_tree
case_of "KDIR of a kernel without Rust" refuses_kernel_without_rust
case_of "KDIR without metadata or symbol versions" refuses_tree_without_metadata
case_of "KDIR of another rustc" refuses_another_rustc
