# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a guest boots from besides its root disk; sourced by qemu/guest.
# Each is made once for given contents, aside, and renamed into place, by one
# guest at a time; what was not used for days is removed:
#   kernel:       the plain kernel out of the compressed one;
#   kernel disk:  the stock modules of one release, unpacked;
#   project disk: this checkout's modules with depmod's tables, its programs,
#                 and the init program. A rebuilt module means a new one, made
#                 well under a second.
# Unpacked, because unpacking is slow in a guest without KVM.
#
# KVER, KERNEL_DIR and BUILD_DIR are set by then.
# shellcheck disable=SC2153

# find_disks: sets KERNEL_IMAGE, KERNEL_DISK and PROJECT_DISK. Guests that start
# at once want the same ones: the first makes them.
find_disks() {
	local lock
	exec {lock}>"$TMEM_CACHE/image/disks.lock"
	flock "$lock"
	build_missing_modules
	find_kernel
	find_kernel_disk
	find_project_disk
	exec {lock}>&-
	touch -a "$ROOT_DISK" "$KERNEL_IMAGE" "$KERNEL_DISK" "${KERNEL_DISK%.img}" "$PROJECT_DISK"
	remove_unused
}

# remove_unused: by the time of access, which is set by hand, as file systems do
# not keep it. A running guest holds its disks open: they go when it ends.
remove_unused() {
	find "$TMEM_CACHE/image" -mindepth 1 -maxdepth 1 ! -name '*lock' -atime +3 -exec rm -rf {} +
	# A rebuilt module makes a new disk each time.
	# shellcheck disable=SC2012 # our own names: no newline in them
	ls -tu "$TMEM_CACHE"/image/project-*.img | tail -n +17 | xargs -r rm -f
}

build_missing_modules() {
	[[ ${LOAD:-1} != 0 ]] || return 0
	compgen -G "$BUILD_DIR/$KVER/*.ko" >/dev/null || KVER=$KVER "$TMEM_ROOT/scripts/build" >&2
}

# run_tool CMD...: a tool of the tool chain root.
run_tool() {
	"$TMEM_ROOT/scripts/in-toolchain" "$@"
}

# make_disk FOLDER DISK LABEL: an ext4 image of the folder, no larger than it must be.
make_disk() {
	local size
	size=$(du -sm --apparent-size "$1" | cut -f1)
	run_tool mke2fs -q -t ext4 -L "$3" -m 0 -O ^has_journal -E root_owner=0:0 \
		-d "$1" "$2.new" "$((size + size / 4 + 8))M"
	mv "$2.new" "$2"
}

# unpack_kernel VMLINUZ OUT: the boot protocol's header says where the packed
# kernel lies: payload_offset (at 0x248) and payload_length (0x24c), counted
# after the setup_sects (0x1f1) + 1 sectors; its last 4 bytes are the length.
unpack_kernel() {
	local sectors offset length start unpack
	read -r sectors < <(od -An -tu1 -j $((0x1f1)) -N1 "$1")
	read -r offset length < <(od -An -tu4 -j $((0x248)) -N8 "$1")
	start=$(((sectors + 1) * 512 + offset))
	head -c "$((start + length - 4))" "$1" | tail -c "+$((start + 1))" >"$2.packed"
	case $(od -An -tx1 -N2 "$2.packed") in
	*28\ b5) unpack=zstd ;;
	*fd\ 37) unpack=xz ;;
	*1f\ 8b) unpack=gzip ;;
	*) die "$1 is packed in an unknown way" "build that kernel with CONFIG_KERNEL_ZSTD, _XZ or _GZIP" ;;
	esac
	run_tool "$unpack" -dc <"$2.packed" >"$2.new"
	rm "$2.packed"
	mv "$2.new" "$2"
}

# find_kernel: sets KERNEL_IMAGE.
find_kernel() {
	KERNEL_IMAGE=$KERNEL_DIR/vmlinux
	[[ -e $KERNEL_DIR/vmlinuz ]] || return 0
	KERNEL_IMAGE=$KERNEL_DIR/vmlinuz
	grep -qx CONFIG_PVH=y "$KERNEL_DIR/config" || return 0
	local plain=$TMEM_CACHE/image/vmlinux-$KVER
	[[ $plain -nt $KERNEL_IMAGE ]] ||
		step "Unpacking the kernel $KVER" unpack_kernel "$KERNEL_IMAGE" "$plain"
	KERNEL_IMAGE=$plain
}

# The unpacked modules are kept beside their disk: depmod reads them for every
# project disk.
make_kernel_disk() {
	local folder=$1 new=$1.new
	rm -rf "$new"
	cp -rL "$KERNEL_DIR/lib/modules/$KVER/kernel" "$new"
	run_tool find "$new" -name '*.ko.xz' -exec xz -d {} +
	run_tool find "$new" -name '*.ko.zst' -exec zstd -qd --rm {} +
	rm -rf "$folder"
	mv "$new" "$folder"
	make_disk "$folder" "$folder.img" modules
}

# find_kernel_disk: sets KERNEL_DISK.
find_kernel_disk() {
	local folder=$TMEM_CACHE/image/modules-$KVER
	KERNEL_DISK=$folder.img
	[[ $KERNEL_DISK -nt $KERNEL_DIR/lib/modules/$KVER/modules.order ]] ||
		step "Making the disk of stock modules for $KVER" make_kernel_disk "$folder"
}

# make_project_disk DISK: lib/modules is laid out as depmod wants it first, with
# the stock modules in place, then as the guest's init mounts it.
make_project_disk() {
	local tree=$1.tree modules=$1.tree/lib/modules/$KVER
	rm -rf "$tree"
	mkdir -p "$modules/updates" "$tree/bin"
	cp "$TMEM_ROOT/qemu/guest-init" "$tree/init"
	cp "$TMEM_ROOT/qemu/guest-fstab" "$tree/fstab"
	cp "$TMEM_ROOT/qemu/guest-poweroff" "$tree/bin/poweroff"
	cp "$KERNEL_DIR/lib/modules/$KVER"/modules.* "$modules"
	cp "$KERNEL_DIR/config" "$modules"
	find "$BUILD_DIR/$KVER" -maxdepth 1 -name '*.ko' -exec cp -t "$modules/updates" {} +
	find "$BUILD_DIR/bin" -mindepth 1 -maxdepth 1 -exec cp -rt "$tree/bin" {} +
	# As distributions have them: a guest takes its time to load debug information.
	run_tool find "$tree" -name '*.ko' -exec strip --strip-debug {} +
	ln -s "$TMEM_CACHE/image/modules-$KVER" "$modules/kernel"
	run_tool depmod -b "$tree" "$KVER"
	rm "$modules/kernel"
	mkdir "$modules/kernel"
	mv "$modules" "$tree/modules"
	make_disk "$tree" "$1" project
	rm -rf "$tree"
}

# project_contents: what the project disk is made of, in one line each.
project_contents() {
	stat -c '%n %Y' "$KERNEL_DISK"
	sha256sum "$TMEM_ROOT"/qemu/guest-{init,fstab,poweroff}
	find "$BUILD_DIR/$KVER" -maxdepth 1 -name '*.ko' -exec sha256sum {} +
	find "$BUILD_DIR/bin" -type f -exec sha256sum {} +
}

# find_project_disk: sets PROJECT_DISK.
find_project_disk() {
	local hash
	mkdir -p "$BUILD_DIR/$KVER" "$BUILD_DIR/bin"
	hash=$(project_contents | sha256sum)
	PROJECT_DISK=$TMEM_CACHE/image/project-${hash:0:16}.img
	[[ -e $PROJECT_DISK ]] ||
		step "Making the disk of the project's modules" make_project_disk "$PROJECT_DISK"
}
