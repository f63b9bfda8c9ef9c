# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced where tests are run: reads what a test's head says (see test.sh).

# head_lines KEY FILE: the values of the lines `# KEY: VALUE`.
head_lines() {
	sed -n "/^[^#]/q;s/^# $1: //p" "$2"
}

# head_of KEY FILE DEFAULT
head_of() {
	local value
	value=$(head_lines "$1" "$2")
	echo "${value:-$3}"
}

# description FILE: the first line of its head that is a sentence.
description() {
	sed -n '/^#!/d;/^# SPDX/d;s/^# //p;/^[^#]/q' "$1" | head -n 1
}
