# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by scripts/setup: a stock kernel's packages and its prepared build tree, in $TMEM_CACHE/kernel/$KVER.
# A tree is built in .trees/ (it holds absolute paths, so it cannot be moved) and $KVER becomes a link to it when it is whole.

_kernels=$TMEM_CACHE/kernel
_flavour='+deb13-cloud-amd64'

# "package version" for each version the mirror has of the packages.
_versions() {
	index_apt apt-cache madison "$@" 2>/dev/null | awk -F' *[|] *' '{ sub(/^ */, "", $1); print $1, $2 }'
}

_source_package() {
	local upstream=${1%%[+-]*}
	echo "linux-source-${upstream%.*}"
}

_packages_of() {
	printf "%s-$1\n" linux-binary linux-modules linux-base linux-headers
}

# package_version KVER: the one version in which all of its packages and its source are there, or nothing.
package_version() {
	# Word splitting is meant: one argument a package.
	# shellcheck disable=SC2046
	_versions $(_packages_of "$1") "$(_source_package "$1")" | sort -u |
		awk '{ if (++n[$2] == 5) print $2 }' | sort -V | tail -n 1
}

# The releases of the stock flavour that the mirror has an image of, newest first.
releases() {
	index_apt apt-cache pkgnames linux-binary-7. |
		sed -n "s/^linux-binary-\(.*$_flavour\)\$/\1/p" | sort -rV
}

_usable_releases() {
	local kver
	for kver in $(releases); do
		[ -z "$(package_version "$kver")" ] || echo "$kver"
	done
}

choose_release() {
	local kver
	for kver in $(releases); do
		if [ -n "$(package_version "$kver")" ]; then
			echo "$kver"
			return
		fi
	done
	die "the mirror has no 7.x$_flavour kernel with image, headers and source of one version" \
		"choose a mirror that has trixie-backports: DEBIAN_MIRROR=URL scripts/setup"
}

# What a tree depends on: how it is made (comments aside), and the compilers it is made with.
_tree_inputs() {
	{
		declare -f _packages_of _unpack_source _unpack_packages _prepare _make_tree
		grep -E '^(gcc|rustc|rust-src|bindgen|clang|pahole) ' "$TMEM_CACHE/toolchain/etc/tmem-toolchain"
	} | sha256sum | cut -c1-12
}

_download() {
	local kver=$1 version=$2 debs=$3
	mkdir -p "$debs"
	cd "$debs" || return
	# shellcheck disable=SC2046
	index_apt apt-get download $(printf "%s=$version\n" $(_packages_of "$kver") "$(_source_package "$kver")")
}

# The source serves every flavour of its version, and stays where it is.
_unpack_source() {
	local name=$1 version=$2 debs=$3 dir=$_kernels/source/$2
	[ ! -d "$dir" ] || return 0
	rm -rf "$dir.partial"
	mkdir -p "$dir.partial"
	# shellcheck disable=SC2016 # the inner shell's arguments
	"$TMEM_ROOT/scripts/in-toolchain" sh -c 'dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$2.tar.xz" |
		xz -dc -T0 | tar -x -C "$3" --strip-components=1' - "$debs/${name}_"*.deb "$name" "$dir.partial"
	mv "$dir.partial" "$dir"
}

_unpack_packages() {
	local kver=$1 debs=$2 tree=$3 deb modules=$3/lib/modules/$1
	for deb in "$debs"/linux-{binary,modules,base,headers}-*.deb; do
		"$TMEM_ROOT/scripts/in-toolchain" dpkg-deb -x "$deb" "$tree/packages"
	done
	mkdir -p "$tree/lib/modules"
	mv "$tree/packages/usr/lib/modules/$kver" "$modules"
	mv "$modules"/{vmlinuz,config,System.map} "$tree/"
	# The packages' own links lead to where the headers package would be installed.
	rm -f "$modules"/{build,source}
	"$TMEM_ROOT/scripts/in-toolchain" depmod -b "$tree" "$kver"
}

# Debian's configuration, Debian's compilers, Debian's source: so the symbol hashes are those of the stock image.
_prepare() {
	local kver=$1 source=$2 tree=$3 headers=$3/packages/usr/src/linux-headers-$1 upstream=${1%%[+-]*}
	local build=$tree/build
	mkdir -p "$build"
	cp "$headers/.config" "$build/.config"
	"$TMEM_ROOT/scripts/in-toolchain" make -C "$source" O="$build" LOCALVERSION="${kver#"$upstream"}" olddefconfig
	_check_config "$headers/.config" "$build/.config"
	"$TMEM_ROOT/scripts/in-toolchain" make -j"$(nproc)" -C "$source" O="$build" LOCALVERSION="${kver#"$upstream"}" \
		modules_prepare
	[ "$(cat "$build/include/config/kernel.release")" = "$kver" ] ||
		die "the prepared tree says $(cat "$build/include/config/kernel.release"), not $kver"
	cp "$headers/Module.symvers" "$headers/vmlinux" "$tree/System.map" "$build/"
}

_check_config() {
	grep -q '^CONFIG_RUST=y' "$1" || die "this kernel has no CONFIG_RUST: tmem cannot be built for it"
	local key=CONFIG_RUSTC_VERSION
	[ "$(grep "^$key=" "$1")" = "$(grep "^$key=" "$2")" ] ||
		die "this kernel was built with another rustc ($(grep "^$key=" "$1")) than the tool chain's ($(grep "^$key=" "$2"))"
}

_make_tree() {
	local kver=$1 version=$2 tree=$3 debs=$_kernels/debs/$1
	mkdir -p "$tree"
	_download "$kver" "$version" "$debs"
	_unpack_source "$(_source_package "$kver")" "$version" "$debs"
	_unpack_packages "$kver" "$debs" "$tree"
	_prepare "$kver" "$_kernels/source/$version" "$tree"
	rm -rf "$tree/packages" "$debs"
}

# A cache that was moved does not count: the tree names its source by absolute path.
_is_prepared() {
	[ "$(readlink "$_kernels/$1")" = ".trees/${2##*/}" ] && [[ $(readlink "$2/build/source") == "$_kernels"/source/* ]]
}

prepare_release() {
	local kver=$1 version tree usable
	tree=$_kernels/.trees/$kver-$(_tree_inputs)
	! _is_prepared "$kver" "$tree" || return 0
	version=$(package_version "$kver")
	if [ -z "$version" ]; then
		mapfile -t usable < <(_usable_releases)
		die "the mirror has no image, headers and source of one version for KVER=$kver; it has them for:" "${usable[@]}"
	fi
	rm -rf "$tree"
	step "kernel $kver" _make_tree "$kver" "$version" "$tree"
	ln -sfn ".trees/${tree##*/}" "$_kernels/$kver.new"
	mv -T "$_kernels/$kver.new" "$_kernels/$kver"
	find "$_kernels/.trees" -mindepth 1 -maxdepth 1 -name "$kver-*" ! -path "$tree" -exec rm -rf {} +
}

# The default release is chosen anew only when the index is.
ensure_kernel() {
	mkdir -p "$_kernels/.trees"
	if [ ! -e "$_kernels/default" ] || index_newer_than "$_kernels/default"; then
		choose_release >"$_kernels/default.new"
	else
		cp "$_kernels/default" "$_kernels/default.new"
	fi
	prepare_release "$(cat "$_kernels/default.new")"
	mv "$_kernels/default.new" "$_kernels/default"
	[ -z "${KVER:-}" ] || prepare_release "$KVER"
}
