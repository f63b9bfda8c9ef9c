#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Makes the corpus: what real programs with real data have in anonymous memory, in ../corpus/SOURCE.pages. For a guest with MEM=2048
# and PACKAGES='default-jdk-headless g++ git nodejs', and the beginning of Debian's package index (16 MiB are enough)
# as ../index. --quick makes two of the sources.
# shellcheck source=selftests/bench/guest/lib/figures.sh
. "${0%/*}/lib/figures.sh"

programs=$here/programs
index=$here/../index
out=$here/../corpus
# Pages of a source.
most=8000
# So many packages make more than that of each language's objects.
packages=6000

# dump SOURCE PID: and ends it.
dump() {
	measure dump --pid "$2" --out "$out/$1.pages.new" --most $most
	mv "$out/$1.pages.new" "$out/$1.pages"
	end "$2"
	progress "$1: $(measured written) pages of $(measured present)"
	figure source "$1" what pages value "$(measured written)"
}

end() {
	kill -9 "$1"
	wait "$1" 2>/dev/null || true
}

# dump_when_ready SOURCE COMMAND...: when it says so.
dump_when_ready() {
	local source=$1
	shift
	"$@" >"$scratch/said" &
	until grep -q ready "$scratch/said"; do
		still_there $!
		sleep 0.5
	done
	dump "$source" $!
}

# dump_in_midst SOURCE PID KIB: when it has so much anonymous memory.
dump_in_midst() {
	while still_there "$2" && (($(anonymous_kib "$2") < $3)); do
		sleep 0.2
	done
	dump "$1" "$2"
}

anonymous_kib() {
	awk '$1 == "RssAnon:" { found = $2 } END { print found + 0 }' "/proc/$1/status"
}

still_there() {
	kill -0 "$1" || { progress "the program has ended before its memory was dumped"; exit 1; }
}

valkey() {
	local server
	valkey-server --save '' --unixsocket "$scratch/valkey" --port 0 >/dev/null &
	server=$!
	until valkey-cli -s "$scratch/valkey" ping >/dev/null 2>&1; do sleep 0.2; done
	valkey-cli -s "$scratch/valkey" --pipe <"$scratch/valkey.commands" >&2
	dump valkey $server
}

python() {
	dump_when_ready python python3 "$programs/objects.py" "$index" $packages
}

node() {
	dump_when_ready node nodejs "$programs/objects.js" "$index" $packages
}

java() {
	javac -d "$scratch" "$programs/Objects.java"
	dump_when_ready java "$(type -P java)" -Xmx256m -cp "$scratch" Objects "$index" $packages
}

cc1plus() {
	g++ -S -O2 -std=c++20 "$programs/templates.cc" -o /dev/null &
	until pgrep -x cc1plus >"$scratch/compiler"; do sleep 0.1; done
	# It would say that its compiler was killed.
	end $!
	dump_in_midst cc1plus "$(<"$scratch/compiler")" $((160 << 10))
}

# It stays as long as the pipe is open.
sqlite() {
	local pipe
	mkfifo "$scratch/pipe"
	exec {pipe}<>"$scratch/pipe"
	cat "$programs/tables.sql" >&"$pipe"
	(cd "$scratch" && exec sqlite3 -batch :memory: <"$scratch/pipe" >"$scratch/said") &
	until grep -q ready "$scratch/said"; do
		still_there $!
		sleep 0.5
	done
	dump sqlite $!
	exec {pipe}>&-
}

git_objects() {
	local repository=$scratch/repository
	git init -q "$repository"
	git -C "$repository" config core.compression 1
	git -C "$repository" config core.looseCompression 0
	GIT_WORK_TREE=/usr git -C "$repository" add include lib/python3.13 share/perl
	git -C "$repository" -c user.name=tmem -c user.email=tmem commit -qm all
	git -C "$repository" rev-parse HEAD >"$scratch/commits"
	git -C "$repository" pack-objects -q --threads=1 --window=1000 --revs --stdout <"$scratch/commits" >/dev/null &
	dump_in_midst git $! $((20 << 10))
}

main() {
	[[ -e $index ]] || { progress "there is no package index: put the beginning of one beside the folder guest, as index"; exit 1; }
	mkdir -p "$out"
	machine most_pages $most packages $packages seed 1
	progress "records"
	head -c $((16 << 20)) "$index" >"$scratch/index"
	index=$scratch/index
	python3 "$programs/records.py" "$index" "$scratch"
	valkey
	cc1plus
	[[ -z $quick ]] || return 0
	python
	node
	java
	sqlite
	git_objects
}

main
