# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by scripts/test: which selftests there are. One that runs in another kernel than the stock one is called KERNEL:NAME.

file_of() {
	echo "$TMEM_ROOT/selftests/${1#*:}.sh"
}

kernel_of() {
	case $1 in
	*:*) echo "${1%%:*}" ;;
	*) echo stock ;;
	esac
}

# has_mark MARK NAME: its head has a line that is just that word.
has_mark() {
	sed '/^[^#]/q' "$(file_of "$2")" | grep -qx "# $1"
}

runs_on_host() {
	has_mark host "$1"
}

# tests_for KERNEL: all selftests that can run in it. One that names no kernel in its head can run in all of QEMU's.
tests_for() {
	local file name kernels
	for file in "$TMEM_ROOT"/selftests/[0-9]*.sh; do
		name=${file##*/}
		name=${name%.sh}
		kernels='stock debug'
		! runs_on_host "$name" || kernels=stock
		kernels=" $(head_of kernel "$file" "$kernels") "
		[[ $kernels == *" $1 "* ]] || continue
		[[ $1 == stock ]] || name=$1:$name
		echo "$name"
	done
}

# marked MARK NAME...: those that have it.
marked() {
	local mark=$1 name
	shift
	for name in "$@"; do
		! has_mark "$mark" "$name" || echo "$name"
	done
}

# kernels_of NAME...: each once.
kernels_of() {
	local name
	for name in "$@"; do kernel_of "$name"; done | awk '!seen[$0]++'
}

# of_kernel KERNEL NAME...
of_kernel() {
	local kernel=$1 name
	shift
	for name in "$@"; do
		[[ $(kernel_of "$name") != "$kernel" ]] || echo "$name"
	done
}
