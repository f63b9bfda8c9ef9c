# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced: finds the kernel tree to build against, and says in words why one will not do.

# find_kdir: sets kdir and kver from $KDIR, else from $KVER or the default release, which it sets up if need be.
find_kdir() {
	if [ -n "${KDIR:-}" ]; then
		[ -d "$KDIR" ] || die "KDIR=$KDIR is no directory"
		kdir=$(realpath "$KDIR")
		check_kdir "$kdir"
		kver=$(cat "$kdir/include/config/kernel.release")
		return
	fi
	kver=${KVER:-$(cat "$TMEM_CACHE/kernel/default" 2>/dev/null || true)}
	if [ -z "$kver" ] || [ ! -d "$TMEM_CACHE/kernel/$kver" ] || [ ! -d "$TMEM_CACHE/toolchain" ]; then
		"$TMEM_ROOT/scripts/setup" --no-image
		kver=${KVER:-$(cat "$TMEM_CACHE/kernel/default")}
	fi
	kdir=$TMEM_CACHE/kernel/$kver/build
}

kdir_config() {
	sed -n "s/^$2=//p" "$1/include/config/auto.conf" | tr -d '"'
}

check_kdir() {
	[ -e "$1/Makefile" ] && [ -e "$1/include/config/auto.conf" ] && [ -e "$1/include/config/kernel.release" ] ||
		die "$1 is not a prepared kernel tree" "run 'make modules_prepare' there (with O=, name the O= directory)"
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
