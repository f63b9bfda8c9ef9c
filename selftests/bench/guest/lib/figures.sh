# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the parts of the benchmark, which run in a guest: what all of them take, and say.
#
#   PART.sh [--quick]      as root in a guest with the corpus in ../corpus: figures on stdout, a JSON object a line; progress on
#                          stderr. --quick: fewer pages, of two sources
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
part=$(basename "$0" .sh)
# shellcheck disable=SC2034 # for the parts
quick=
case ${1:-} in
--quick) quick=1 ;;
'') ;;
*)
	sed -n 's/^# \?//p' "${BASH_SOURCE[0]}" >&2
	exit 2
	;;
esac
# On the disk: /tmp takes memory.
scratch=$(mktemp -d -p /var/tmp)

progress() {
	printf '[%4d s] %s: %s\n' "$SECONDS" "$part" "$*" >&2
}

# json KEY VALUE...: an object. What looks like a number is one.
json() {
	local members=()
	while (($#)); do
		if [[ $2 =~ ^-?[0-9]+(\.[0-9]+)?$ ]]; then
			members+=("\"$1\":$2")
		else
			members+=("\"$1\":\"${2//\"/\\\"}\"")
		fi
		shift 2
	done
	(IFS=,; echo "{${members[*]}}")
}

# figure KEY VALUE...
figure() {
	json part "$part" "$@"
}

# machine KEY VALUE...: the first line, with the settings of this part.
machine() {
	local head
	head=$(json kernel "$(uname -r)" accelerator "$(accelerator)" cpus "$(nproc)" memory_mib "$(memory_mib)")
	echo "{\"machine\":${head%\}},\"settings\":$(json "$@")}}"
}

accelerator() {
	if [[ $(uname -r) == *-uml* ]]; then
		echo UML
	elif grep -q kvm-clock /sys/devices/system/clocksource/clocksource0/available_clocksource; then
		echo KVM
	elif grep -q norandmaps /proc/cmdline; then
		echo 'TCG, counting instructions'
	else
		echo TCG
	fi
}

memory_mib() {
	awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo
}

# sources: the names of the corpus, of which some will do if it must be quick.
sources() {
	local file
	for file in "$here"/../corpus/*.pages; do
		file=${file##*/}
		file=${file%.pages}
		[[ -n $quick && $file != valkey && $file != cc1plus ]] || echo "$file"
	done
}

pages_of() {
	echo "$here/../corpus/$1.pages"
}

# measure COMMAND...: runs tmem-test and keeps its lines NAME=VALUE for `measured`.
measure() {
	tmem-test "$@" >"$scratch/measured"
}

measured() {
	sed -n "s/^$1=//p" "$scratch/measured"
}
