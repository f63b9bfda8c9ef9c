# SPDX-License-Identifier: GPL-2.0
"""The host's part of scripts/demo: boots the guest, passes its progress on with the time, keeps and shows its results."""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time

import cgroups_table
import table

SEED = 1
# Of a general-purpose flash volume in a cloud: at full load a read takes a third of a millisecond.
IOPS, BYTES_PER_SECOND = 3000, 125_000_000


class Swaps:
    """One program on each kind of swap."""

    # Of one run; a machine on which all need so long is too slow for the demo.
    TIME_LIMIT = 300
    # Each kind of swap, and zswap once more.
    MOST_RUNS = 6
    NEXT = "To look around in that guest, with tmem on and valkey filled: scripts/demo --shell"
    text = staticmethod(table.text)

    def command(self, only):
        return f"main.py {only} {SEED} {self.TIME_LIMIT}"


class Cgroups:
    """Two tenants beside each other."""

    # Of one run: a machine that needs so long is too slow for the demo.
    TIME_LIMIT = 150
    # Each kind of swap, and changes of rules at the end.
    MOST_RUNS = 5
    NEXT = "To look at cgroups of your own: tmemctl top"
    text = staticmethod(cgroups_table.text)

    def command(self, _):
        return f"cgroups.py {SEED} {self.TIME_LIMIT}"


CHAPTERS = {"swaps": Swaps(), "cgroups": Cgroups()}


def say(started, line):
    print(f"[{time.time() - started:4.0f} s] {line}", file=sys.stderr, flush=True)


def disk_arguments(stage):
    return (
        f"-drive if=virtio,format=raw,cache=unsafe,snapshot=on,file={stage}/swap.img,"
        f"throttling.iops-total={IOPS},throttling.bps-total={BYTES_PER_SECOND}"
    )


def start_guest(options, chapter):
    environment = os.environ | {
        "RUN": f"exec python3 -B /mnt/share/{chapter.command(options.only)}",
        "TIMEOUT": str(60 + chapter.TIME_LIMIT * chapter.MOST_RUNS),
        "QEMU_ARGS": disk_arguments(options.stage),
    }
    # The guest ends when this program ends, however that comes.
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", options.guest],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


def relay_progress(guest, started):
    for line in guest.stderr:
        say(started, line.rstrip())


def collect(guest):
    """The guest's results, one JSON object a line."""
    results = {"machine": None, "runs": []}
    for line in guest.stdout:
        result = json.loads(line)
        if "machine" in result:
            results["machine"] = result["machine"]
        else:
            results["runs"].append(result["run"])
    return results


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--chapter", choices=CHAPTERS, required=True)
    parser.add_argument("--started", type=int, required=True, help="when the demo started, in seconds of the epoch")
    parser.add_argument("--format", choices=["table", "json"], required=True)
    parser.add_argument("--only", help="letters of what to run of the swaps")
    parser.add_argument("--stage", required=True, help="folder that the guest sees")
    parser.add_argument("--out", required=True, help="where the results stay")
    parser.add_argument("guest", help="qemu/guest")
    return parser.parse_args()


def run(options, chapter):
    guest = start_guest(options, chapter)
    progress = threading.Thread(target=relay_progress, args=(guest, options.started))
    progress.start()
    try:
        results = collect(guest)
        status = guest.wait()
        progress.join()
    except KeyboardInterrupt:
        guest.terminate()
        guest.wait()
        sys.exit(128 + signal.SIGINT)
    if status != 0:
        sys.exit(f"demo: FAILED: the guest's status is {status} (above: why)")
    results["seed"] = SEED
    results["disk"] = {"iops": IOPS, "bytes_per_second": BYTES_PER_SECOND}
    results["seconds"] = int(time.time() - options.started)
    return results


def main():
    options = parse_arguments()
    chapter = CHAPTERS[options.chapter]
    results = run(options, chapter)
    with open(options.out, "w") as out:
        json.dump(results, out, indent=2)
        out.write("\n")
    if options.format == "json":
        print(json.dumps(results, indent=2))
    else:
        print(chapter.text(results))
    for each in results["runs"]:
        if each["name"] == "tmem" and each["failure"]:
            sys.exit(f"demo: FAILED: with tmem: {each['failure']}")
    say(options.started, f"done. {chapter.NEXT}")


main()
