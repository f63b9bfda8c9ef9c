# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced: kernels built here, by clang, from the stock kernel's source and a fragment in qemu/kernels:
#   debug      KASAN, lockdep, kmemleak and fault injection, for QEMU
#   uml        user-mode Linux, at native speed
#   uml-debug  the same with KASAN and lockdep
# $TMEM_CACHE/kernel/NAME holds the release of such a kernel, which lies beside the stock ones and looks like them, but for
# what is booted: `vmlinux`, or the program `linux`. It is built in .trees/, where an interrupted build goes on.

_kernels=$TMEM_CACHE/kernel

is_own_kernel() {
	[ -e "$TMEM_ROOT/qemu/kernels/$1.config" ]
}

own_kernels() {
	local file
	for file in "$TMEM_ROOT"/qemu/kernels/*.config; do
		basename "$file" .config
	done
}

# _fragment NAME: its lines, `uml-debug` being `uml` and more; of two lines for one option the later one. `# until RELEASE` after
# an option says that later kernels have another name for it.
_fragment() {
	local base=${1%%-*}
	[ "$base" = "$1" ] || set -- "$base" "$1"
	(cd "$TMEM_ROOT/qemu/kernels" && grep -hE '^CONFIG_|^# CONFIG_.* is not set' "${@/%/.config}") |
		awk '{ option = $1 == "#" ? $2 : $1; sub(/=.*/, "", option); line[option] = $0 } END { for (o in line) print line[o] }' |
		sort
}

# The source that the default stock kernel was prepared from.
_own_source() {
	readlink "$_kernels/$(cat "$_kernels/default")/build/source"
}

_own_release() {
	local source=$2
	source=${source##*/}
	echo "${source%%-*}$(_fragment "$1" | sed -n 's/^CONFIG_LOCALVERSION="\(.*\)"/\1/p')"
}

_own_tree() {
	local inputs
	inputs=$(
		_fragment "$1"
		echo "$2"
		declare -f _configure _build_kernel _place_kernel
		grep -E '^(clang|lld|rustc|rust-src|bindgen) ' "$TMEM_CACHE/toolchain/etc/tmem-toolchain"
	)
	echo "$_kernels/.trees/$(_own_release "$1" "$2")-$(sha256sum <<<"$inputs" | cut -c1-12)"
}

# own_kernel_is_current NAME: it is there, and nothing it was made from has changed.
own_kernel_is_current() {
	local source kver
	[ -e "$_kernels/$1" ] && source=$(_own_source) || return
	kver=$(cat "$_kernels/$1")
	[ "$(readlink -f "$_kernels/$kver")" = "$(_own_tree "$1" "$source")" ]
}

# _configure NAME BUILD MAKE...: what the fragment names, what that selects, and nothing else.
_configure() {
	local name=$1 build=$2
	shift 2
	mkdir -p "$build"
	_fragment "$name" | sed 's/ # until .*//' >"$build/fragment"
	"$@" KCONFIG_ALLCONFIG="$build/fragment" allnoconfig
	_check_survivors "$name" "$build"
}

# An option whose dependencies are not met is dropped without a word, and a kernel without its checks finds nothing.
_check_survivors() {
	local lost
	mapfile -t lost < <(_fragment "$1" | grep -v ' # until ' | grep -vxFf "$2/.config")
	[ "${#lost[@]}" = 0 ] || die "these options of qemu/kernels/${1%%-*}*.config did not survive in this kernel's configuration:" \
		"${lost[@]}" "add what they depend on (see the kernel's Kconfig files), or leave them out"
}

# _build_kernel NAME TREE MAKE...
_build_kernel() {
	local image=vmlinux tree=$2
	[[ $1 != uml* ]] || image=linux
	shift 2
	"$@" -j"$(nproc)" $image modules
	"$@" INSTALL_MOD_PATH="$tree" modules_install
}

# What modules are built with stays, the objects go: a gigabyte.
_place_kernel() {
	local name=$1 tree=$2 build=$2/build
	case $name in
	uml*) cp "$build/linux" "$tree/" ;;
	*) mv "$build/vmlinux" "$tree/" ;;
	esac
	cp "$build/.config" "$tree/config"
	cp "$build/System.map" "$tree/"
	find "$build" \( -path "$build/scripts" -o -path "$build/tools" \) -prune -o -type f \
		\( -name '*.o' -o -name '*.a' -o -name '*.ko' -o -name '.*.cmd' -o -name 'vmlinux*' -o -name linux \) -exec rm {} +
}

_make_own_kernel() {
	local name=$1 source=$2 tree=$3 make
	make=("$TMEM_ROOT/scripts/in-toolchain" make -C "$source" "O=$tree/build" LLVM=1)
	[[ $name != uml* ]] || make+=(ARCH=um)
	_configure "$name" "$tree/build" "${make[@]}"
	_build_kernel "$name" "$tree" "${make[@]}"
	_place_kernel "$name" "$tree"
}

# ensure_own_kernel NAME: after ensure_kernel.
ensure_own_kernel() {
	local name=$1 source tree kver
	! own_kernel_is_current "$name" || return 0
	source=$(_own_source)
	tree=$(_own_tree "$name" "$source")
	kver=$(_own_release "$name" "$source")
	step "kernel $kver, built from source (some minutes)" _make_own_kernel "$name" "$source" "$tree"
	ln -sfn ".trees/${tree##*/}" "$_kernels/$kver.new"
	mv -T "$_kernels/$kver.new" "$_kernels/$kver"
	echo "$kver" >"$_kernels/$name"
	find "$_kernels/.trees" -mindepth 1 -maxdepth 1 -name "$kver-*" ! -path "$tree" -exec rm -rf {} +
}
