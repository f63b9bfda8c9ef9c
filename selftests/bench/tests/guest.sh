#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Passes for qemu/guest: prints made-up figures of the part that is asked for. The folder of this script's link may have
# `fails` (the part that fails), or `hangs` (the part that does not end).
set -euo pipefail
here=$(dirname "$0")
part=${RUN#*guest/}
part=${part%%.sh*}

figure() {
	echo "{\"part\":\"$part\",$1}"
}

echo "[   1 s] $part: hello" >&2
echo '{"machine":{"kernel":"7.2","accelerator":"none","cpus":1,"memory_mib":1,"settings":{}}}'
case $part in
corpus)
	head -c 4096 /dev/zero >"$SHARE/corpus/git.pages"
	figure '"source":"git","what":"pages","value":1'
	;;
cost)
	[[ $ICOUNT == 1 && -e $SHARE/corpus/git.pages ]]
	figure '"store":"tmem","source":"git","what":"put","value":60'
	figure '"store":"zram-lz4","source":"git","what":"put","value":100'
	;;
scale) figure '"store":"tmem","pages":10000,"what":"put","value":60' ;;
esac
[[ ! -e $here/hangs || $(<"$here/hangs") != "$part" ]] || exec sleep 30
[[ ! -e $here/fails || $(<"$here/fails") != "$part" ]]
