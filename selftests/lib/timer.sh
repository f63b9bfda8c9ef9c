# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced where cases are timed.

# since START: the time from an $EPOCHREALTIME to now, as `(1.5 s)`.
since() {
	local tenths=$(((${EPOCHREALTIME/./} - ${1/./}) / 100000))
	echo "($((tenths / 10)).$((tenths % 10)) s)"
}
