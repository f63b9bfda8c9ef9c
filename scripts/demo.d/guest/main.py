# SPDX-License-Identifier: GPL-2.0
"""The guest's part of scripts/demo: runs valkey on each kind of swap in turn. Results go to stdout, a JSON object a line.

main.py LETTERS SEED TIME_LIMIT     the kinds to run (see swaps.py)
"""

import json
import os
import sys

from files import get, put, run, say
from swaps import DISK, SWAPS
from workload import Client, Valkey, data_bytes, memory_max

SECTOR = 512


class WrongData(Exception):
    """A swap gave back other bytes than it was given."""


def machine():
    clocks = get("/sys/devices/system/clocksource/clocksource0/available_clocksource")
    return {
        "accelerator": "KVM" if "kvm-clock" in clocks else "TCG",
        "kernel": os.uname().release,
        "processors": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "data_bytes": data_bytes(),
        "memory_max": memory_max(),
    }


def disk_bytes():
    fields = get(f"/sys/block/{DISK}/stat").split()
    return {"read": int(fields[2]) * SECTOR, "written": int(fields[6]) * SECTOR}


def failure_of(phase, outcome, valkey):
    """Why a phase did not come to its end, and whether valkey survived; None if it did come there."""
    if "wrong" in outcome:
        raise WrongData(f"the record {outcome['wrong']['key']} came back wrong")
    if "late" in outcome:
        return {"survived": True, "failure": f"the {phase} took too long"}
    if "lost" not in outcome:
        return None
    how_far = 100 * outcome["lost"]["done"] // outcome["lost"]["of"]
    why = "OOM-killed" if valkey.was_killed() else f"lost ({outcome['lost']['error']})"
    return {"survived": False, "failure": f"{why} at {how_far}% of the {phase}"}


def measure(swap, seed, time_limit):
    result = {}
    with Valkey() as valkey, Client(seed, time_limit) as client:
        for phase, do in {"load": client.load, "read": client.read}.items():
            outcome = do()
            failure = failure_of(phase, outcome, valkey)
            if failure:
                say(failure["failure"])
                return result | failure
            result |= outcome
            result[f"after_{phase}"] = {"held": swap.held(), "cgroup": valkey.memory()}
            say(f"{phase}: done in {outcome[phase]['seconds']:.1f} s")
    return result | {"survived": True, "failure": None}


def run_one(swap, seed, time_limit):
    os.sync()
    put("/proc/sys/vm/drop_caches", 3)
    swap.turn_on()
    before = disk_bytes()
    result = {"name": swap.name, "settings": swap.settings()}
    say(f"{swap.name}, page-cluster={result['settings']['page-cluster']}")
    try:
        result |= measure(swap, seed, time_limit)
    except WrongData as error:
        sys.exit(f"FAILED with {swap.name}: {error}")
    result["disk"] = {key: value - before[key] for key, value in disk_bytes().items()}
    swap.turn_off()
    return result


def read_seconds(result):
    return result["read"]["seconds"] if "read" in result else float("inf")


def best(results):
    """The one that reads fastest; it says what the others were set to."""
    first, *others = sorted(results, key=read_seconds)
    slower = [{"page-cluster": each["settings"]["page-cluster"], "read": each.get("read")} for each in others]
    return first | {"slower": slower}


def main():
    letters, seed, time_limit = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    run("modprobe", "virtio_blk")
    print(json.dumps({"machine": machine()}), flush=True)
    for letter in letters:
        results = [run_one(swap, seed, time_limit) for swap in SWAPS[letter]]
        print(json.dumps({"run": {"letter": letter} | best(results)}), flush=True)


if __name__ == "__main__":
    main()
