# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced: finds the kernel tree to build against, says in words why one will not do, and runs its make.

. "$TMEM_ROOT/scripts/lib/own-kernel.sh"

# find_kdir: sets kdir and kver from $KDIR, else as find_release does.
find_kdir() {
	if [ -n "${KDIR:-}" ]; then
		[ -d "$KDIR" ] || die "KDIR=$KDIR is no directory"
		kdir=$(realpath "$KDIR")
		check_kdir "$kdir"
		kver=$(cat "$kdir/include/config/kernel.release")
		return
	fi
	find_release
	kdir=$TMEM_CACHE/kernel/$kver/build
}

# find_release: sets kver from $KVER, else from the kernel named $KERNEL, else the default one. What is not there is set up.
find_release() {
	local name=${KERNEL:-stock}
	if [ -z "${KVER:-}" ] && [ "$name" != stock ]; then
		# shellcheck disable=SC2046 # one line for each
		is_own_kernel "$name" || die "there is no kernel '$name'" "KERNEL= is one of:" stock $(own_kernels)
		own_kernel_is_current "$name" || "$TMEM_ROOT/scripts/setup" --no-image "$name"
		kver=$(cat "$TMEM_CACHE/kernel/$name")
		return
	fi
	kver=${KVER:-$(cat "$TMEM_CACHE/kernel/default" 2>/dev/null || true)}
	if [ -z "$kver" ] || [ ! -d "$TMEM_CACHE/kernel/$kver" ] || [ ! -d "$TMEM_CACHE/toolchain" ]; then
		"$TMEM_ROOT/scripts/setup" --no-image
		kver=${KVER:-$(cat "$TMEM_CACHE/kernel/default")}
	fi
}

kdir_config() {
	sed -n "s/^$2=//p" "$1/include/config/auto.conf" | tr -d '"'
}

check_kdir() {
	local file
	for file in Makefile include/config/auto.conf include/config/kernel.release; do
		[ -e "$1/$file" ] || die "$1 is not a prepared kernel tree: it has no $file" \
			"run 'make modules_prepare' there (with O=, name the O= directory)"
	done
	[ "$(kdir_config "$1" CONFIG_RUST)" = y ] ||
		die "the kernel of $1 was built without CONFIG_RUST: it cannot load a Rust module" \
			"use a kernel with CONFIG_RUST=y (Debian: a 7.x+deb13 kernel of trixie-backports)"
	[ -e "$1/rust/libkernel.rmeta" ] ||
		die "$1 has CONFIG_RUST, but not the kernel's Rust metadata (header packages leave it out)" \
			"run 'make modules_prepare' in the kernel's own source, or for a Debian kernel: KVER=RELEASE make"
	[ -e "$1/Module.symvers" ] || die "$1 has no Module.symvers" "build the kernel there, or copy the file from its headers package"
}

# rustc_runner KDIR: prints what has to stand before a command so that it runs with the tree's own rustc.
rustc_runner() {
	local wanted toolchain_has host_has
	wanted=$(kdir_config "$1" CONFIG_RUSTC_VERSION_TEXT)
	toolchain_has=$("$TMEM_ROOT/scripts/in-toolchain" rustc --version)
	if [ "$toolchain_has" = "$wanted" ] && "$TMEM_ROOT/scripts/in-toolchain" test -e "$1/Makefile"; then
		echo "$TMEM_ROOT/scripts/in-toolchain"
		return
	fi
	host_has=$(rustc --version 2>/dev/null || echo none)
	[ "$host_has" = "$wanted" ] || die "the kernel of $1 was built with another rustc:" \
		"the kernel: $wanted" "tool chain: $toolchain_has" "this host:  $host_has"
	echo env
}

# kbuild OUT ARGUMENT...: the kernel's make on this project, after find_kdir.
kbuild() {
	local out=$1 runner of_tree=()
	shift
	runner=$(rustc_runner "$kdir")
	[ "$(kdir_config "$kdir" CONFIG_CC_IS_CLANG)" != y ] || of_tree+=(LLVM=1)
	# User-mode Linux is position-independent; its module loader knows nothing of the GOT that rustc would then use.
	[ "$(kdir_config "$kdir" CONFIG_UML)" != y ] ||
		of_tree+=(ARCH=um KRUSTFLAGS='-Crelocation-model=pie -Zdirect-access-external-data=yes')
	mkdir -p "$out"
	# A make that called this one has settings of its own.
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "$runner" make --no-print-directory -j"$(nproc)" -C "$kdir" \
		M="$TMEM_ROOT" MO="$out" "${of_tree[@]}" ${V:+"V=$V"} "$@" >&2
}
