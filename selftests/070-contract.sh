#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# /dev/tmem keeps each sentence of its contract, and gives hostile programs clear errors.
# timeout: 600
# shellcheck source=selftests/lib/test.sh
. "${0%/*}/lib/test.sh"
# shellcheck source=selftests/lib/tmem.sh
. "${0%/*}/lib/tmem.sh"

# The list is the program's: selftests/tools/src/contract.rs.
tmem-test contract --list >"$scratch/contract"
while IFS=$'\t' read -r name sentence; do
	case_of "$sentence" tmem-test contract "$name"
done <"$scratch/contract"

is_in_use() {
	local file
	exec {file}<>/dev/tmem
	fails rmmod tmem
	exec {file}>&-
}

example() {
	tmem-example
}

case_of "the module stays while a file is open" is_in_use
case_of "the example in C" example
