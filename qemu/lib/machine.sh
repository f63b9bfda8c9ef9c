# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The machine that is asked for; sourced by qemu/guest. The functions add to
# three lists: MACHINE (the command line of QEMU), SUPERVISOR (options for
# lib/supervise.py), SETTINGS (of the kernel and of qemu/guest-init).

# QEMU's own arguments have commas in them.
# shellcheck disable=SC2054

# describe_machine CONSOLE: fills them from the options of the environment.
describe_machine() {
	local memory=${MEM:-1024} timeout=600
	SUPERVISOR=(--console "$1")
	SETTINGS=(
		quiet root=PARTLABEL=tmem-root rootwait rw rootfstype=ext4 "TMEM_LOAD=${LOAD:-1}"
		panic=-1 oops=panic hung_task_panic=1 softlockup_panic=1
	)
	! is_debug_kernel || add_checks
	if [[ -e $KERNEL_DIR/linux ]]; then
		describe_user_mode
	else
		describe_qemu "$1"
	fi
	if [[ -n ${RUN:-} ]]; then
		SUPERVISOR+=(--timeout "${TIMEOUT:-$timeout}")
	else
		SETTINGS+=("TMEM_TERM=${TERM:-dumb}" "TMEM_FIRST=\"${FIRST:-}\"")
	fi
	add_settings
}

# Just enough to reach the project disk, where the init program lies.
add_settings() {
	local first='mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -r LABEL=project /opt; exec /opt/init'
	local line="${SETTINGS[*]} init=/bin/bash -- -c \"$first\""
	if [[ -e $KERNEL_DIR/linux ]]; then
		MACHINE+=("$line")
	else
		# shellcheck disable=SC2206 # split at white space, as documented
		MACHINE+=(-append "$line" ${QEMU_ARGS:-})
	fi
}

# describe_qemu CONSOLE
describe_qemu() {
	SETTINGS+=(console=ttyS0 cryptomgr.notests)
	MACHINE=(
		qemu-system-x86_64 -M q35 -nodefaults -no-user-config -display none -no-reboot
		-kernel "$KERNEL_IMAGE" -m "$memory"
		-chardev "file,id=console,path=$1" -serial chardev:console
		-device virtio-serial-pci
	)
	add_processors
	add_own_disks
	add_disks
	[[ -z ${SHARE:-} ]] || add_share
	[[ ${BALLOON:-0} == 0 ]] || add_balloon
}

# A program of the host: its disks are files (what is written goes to a file
# beside, in memory that goes with the tool chain's name space), its memory is
# one more such file, its ports are consoles.
describe_user_mode() {
	local option
	for option in DISK BALLOON ICOUNT QEMU_ARGS; do
		[[ -z ${!option:-} ]] || die "user-mode Linux has no $option" "use KERNEL=stock or KERNEL=debug"
	done
	say "guest: user-mode Linux"
	SUPERVISOR+=(--user-mode)
	SETTINGS+=(TMEM_CONSOLES=1)
	[[ -z ${SHARE:-} ]] || SETTINGS+=("TMEM_SHARE=$(realpath "$SHARE")")
	# c: without a lock, as guests under QEMU use the same images at the same time.
	MACHINE=(
		env TMPDIR=/ "$KERNEL_DIR/linux" "mem=${memory}M" "ncpus=${CPUS:-2}" seccomp=on con=null con0=null,fd:1
		"ubd0c=/root.cow,$ROOT_DISK" "ubd1rc=$KERNEL_DISK" "ubd2rc=$PROJECT_DISK"
	)
}

is_debug_kernel() {
	grep -qx CONFIG_KASAN=y "$KERNEL_DIR/config"
}

# Every report, not the first alone; slabs and pages filled when they are free. KASAN's shadow and quarantine, tables of
# locks and of all allocations: that much more memory.
add_checks() {
	SETTINGS+=(kasan_multi_shot slab_debug=FZP page_poison=1)
	memory=$((memory + memory / 8 + 96))
	timeout=$((3 * timeout))
	SUPERVISOR+=(--boot-timeout 300)
}

# One thread for all processors without KVM: with a thread each, 1 boot of 14
# hung (QEMU 10.0).
add_processors() {
	local cpus=${CPUS:-2}
	if [[ ${ICOUNT:-0} != 0 ]]; then
		# With these flags, memset and memcpy are string instructions, which count once for each byte.
		MACHINE+=(
			-smp "${CPUS:-1}" -cpu max,-erms,-fsrm,-fsrs -accel "tcg,thread=single"
			-icount shift=0,sleep=off -seed 1 -rtc base=2026-01-01,clock=vm
		)
		SETTINGS+=(nokaslr norandmaps tsc=reliable)
		say "guest: TCG, counting instructions"
	elif kvm_works; then
		MACHINE+=(-smp "$cpus" -cpu host -accel kvm)
		say "guest: KVM"
	else
		MACHINE+=(-smp "$cpus" -cpu max -accel "tcg,thread=single")
		# Nothing speculates there, and what the kernel does about it takes time.
		SETTINGS+=(mitigations=off)
		say "guest: TCG (no working KVM: slow)"
	fi
}

# /dev/kvm may open and still not run an ordinary guest: only a boot tells. The
# verdict holds until this machine boots again.
kvm_works() {
	[[ -w /dev/kvm ]] || return 1
	local verdict=$TMEM_CACHE/image/kvm-verdict boot
	boot=$(</proc/sys/kernel/random/boot_id)
	grep -qs "^$boot" "$verdict" || echo "$boot $(probe_kvm)" >"$verdict"
	grep -q yes "$verdict"
}

# probe_kvm: the kernel alone; it must get as far as missing its root disk.
probe_kvm() {
	say "guest: trying whether KVM works here"
	timeout 20 "$TMEM_ROOT/scripts/in-toolchain" qemu-system-x86_64 -M q35 -nodefaults \
		-display none -no-reboot -accel kvm -cpu host -m 256 -serial stdio \
		-kernel "$KERNEL_IMAGE" -append "console=ttyS0 quiet cryptomgr.notests panic=-1" </dev/null 2>&1 |
		grep -aq 'Kernel panic - not syncing: VFS' && echo yes || echo no
}

# The root disk (what is written to it is forgotten), the stock modules, the
# project. NVMe, because its driver is built into the stock kernel; it numbers
# disks as it happens to find them, so they are told apart by label.
add_own_disks() {
	local number=1 image
	MACHINE+=(-device nvme,id=nvme,serial=tmem)
	for image in "$ROOT_DISK" "$KERNEL_DISK" "$PROJECT_DISK"; do
		MACHINE+=(
			-drive "if=none,id=own$number,format=raw,cache=unsafe,snapshot=on,file=$image"
			-device "nvme-ns,bus=nvme,drive=own$number,nsid=$number"
		)
		number=$((number + 1))
	done
}

# A fresh disk is an empty file's snapshot: it needs no cleaning up.
add_disks() {
	local disk file snapshot disks=()
	IFS=, read -ra disks <<<"${DISK:-}"
	for disk in "${disks[@]}"; do
		if [[ $disk =~ ^[0-9]+[KMGT]?$ ]]; then
			file=$TMEM_CACHE/image/empty-$disk.img snapshot=on
			truncate -s "$disk" "$file"
		else
			[[ -w $disk ]] || die "DISK=$disk is neither a size (such as 512M) nor a file that can be written"
			file=$(realpath "$disk") snapshot=off
		fi
		MACHINE+=(-drive "if=virtio,format=raw,cache=unsafe,snapshot=$snapshot,file=$file")
		SETTINGS+=(TMEM_SYNC=1)
	done
}

add_share() {
	[[ -d $SHARE ]] || die "SHARE=$SHARE is not a folder"
	MACHINE+=(
		-object "memory-backend-memfd,id=memory,size=${memory}M,share=on"
		-machine memory-backend=memory
	)
	SUPERVISOR+=(--share "$(realpath "$SHARE")")
	SETTINGS+=(TMEM_SHARE=virtiofs TMEM_SYNC=1)
}

add_balloon() {
	MACHINE+=(-device virtio-balloon-pci,id=balloon,free-page-reporting=on)
	SUPERVISOR+=(--qmp)
}
