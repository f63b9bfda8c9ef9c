# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by what builds or checks the crates of programs and of the tests on the host, which are one workspace: what one
# of them uses is compiled once for all.

# in_workspace COMMAND [ARGUMENT...]: cargo's COMMAND, by the tool chain root.
in_workspace() {
	local command=$1
	shift
	"$TMEM_ROOT/scripts/in-toolchain" cargo "$command" --offline --manifest-path "$TMEM_ROOT/scripts/Cargo.toml" \
		--target-dir "$TMEM_ROOT/.build/cargo" "$@"
}
