# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced: mount namespaces, in which a process's mounts are its own and vanish with it.

# namespace_flags: sets flags to what unshare(1) needs for a mount namespace here; fails if this user may not have one.
namespace_flags() {
	flags=(--mount)
	[ "$(id -u)" = 0 ] || flags+=(--map-root-user)
	unshare "${flags[@]}" true 2>/dev/null && return
	[ "$(id -u)" = 0 ] || return 1
	# In a chroot, / is no mount point, and unshare cannot keep all mounts from spreading; for those below one that
	# is private, nothing else is needed.
	flags+=(--propagation unchanged)
	unshare "${flags[@]}" true 2>/dev/null || die "root may not mount here" "in a container: give it CAP_SYS_ADMIN (--privileged)"
	make_private_mount "$TMEM_CACHE/mnt"
}

make_private_mount() {
	mkdir -p "$1"
	mounts_below "$1" | grep -qxF "$1" && return
	mount --bind "$1" "$1"
	mount --make-private "$1"
}

# The mount points at and below a directory, innermost first.
mounts_below() {
	awk -v dir="$1" '$5 == dir || index($5, dir "/") == 1 { print $5 }' /proc/self/mountinfo | sort -r
}

umount_below() {
	local place
	for place in $(mounts_below "$1"); do
		as_root umount -l "$place"
	done
}
