# SPDX-License-Identifier: GPL-2.0
"""The guest's part of `scripts/demo cgroups`: a good and a greedy container on each kind of swap in turn, all of which may hold as much
RAM. Results go to stdout, a JSON object a line.

cgroups.py SEED TIME_LIMIT
"""

import json
import sys
import threading
import time

from accounts import Account
from files import put, run, say
from main import failure_of, machine
from swaps import DISK, NO_READAHEAD, Tmem, Zram, Zswap
from tenants import Good, Greedy
from workload import Client

MIB = 1 << 20
# Of each kind of swap, and of the disk that two of them have: more than the greedy one fills.
SIZE = 512 * MIB
# What each kind of swap may hold in RAM, and of that what tmem lets the greedy have.
POOL, GREEDY_LIMIT = 24 * MIB, 8 * MIB
# How long the greedy may take to fill what it can, and a changed rule to show.
PATIENCE = 25
# For how long the good one is asked for its records.
READING = 30


class BoundZram(Zram):
    size = SIZE

    def turn_on(self):
        super().turn_on()
        put(self.block + "mem_limit", POOL)

    def shares(self, good, greedy):
        return {}


class BoundZswap(Zswap):
    # A percent of the RAM is the least that can be said.
    WANTED = Zswap.WANTED | {"max_pool_percent": round(100 * POOL / machine()["memory_bytes"])}

    def shares(self, good, greedy):
        return {"good": good.zswap_bytes(), "greedy": greedy.zswap_bytes()}


class BoundTmem(Tmem):
    """What goes beyond a limit goes to the disk that zswap has."""

    size = SIZE

    def turn_on(self):
        run("modprobe", "tmem", "disksize=0")
        put("/sys/block/tmem0/backing_dev", f"/dev/{DISK}")
        put("/sys/block/tmem0/disksize", self.size)
        put("/sys/kernel/tmem/max_bytes", POOL)
        super().turn_on()

    def turn_off(self):
        super().turn_off()
        run("rmmod", "tmem")

    def shares(self, good, greedy):
        return {name: Account(slice_.path).holds() for name, slice_ in {"good": good, "greedy": greedy}.items()}


class Watch:
    """What the swap holds, looked at again and again while this is entered: the most of each."""

    def __init__(self, swap, good, greedy):
        self.look = lambda: {"all": sum_of(swap.held()), **swap.shares(good, greedy)}
        self.most = self.look()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def _watch(self):
        while not self.is_over.wait(0.5):
            now = self.look()
            self.most = {name: max(now[name], most) for name, most in self.most.items()}


def sum_of(held):
    return held["pool_bytes"] + held["metadata_bytes"]


def wait_until(condition):
    """Whether it came true in time, and after how many seconds."""
    start = time.time()
    while time.time() < start + PATIENCE:
        if condition():
            return True, time.time() - start
        time.sleep(0.2)
    return False, PATIENCE


def measure(swap, seed, time_limit):
    result = {"name": swap.name, "settings": swap.settings()}
    good, greedy = Good(), Greedy()
    with good, Client(seed, time_limit, "--seconds", str(READING)) as client:
        if swap.name == "tmem":
            Account(greedy.path).set("limit_bytes", GREEDY_LIMIT)
        outcome = client.load()
        failure = failure_of("load", outcome, good)
        if failure:
            return result | failure | {"most": Watch(swap, good, greedy).most, "kills": 0}
        result |= outcome
        say(f"{swap.name}: the good one is loaded; the greedy one starts")
        with greedy:
            return result | compete(swap, good, greedy, client)


def compete(swap, good, greedy, client):
    wait_until(lambda: greedy.kills() > 0 or sum_of(swap.held()) > 0.95 * POOL)
    with Watch(swap, good, greedy) as watch:
        outcome = client.read()
    failure = failure_of("read", outcome, good) or {"survived": True, "failure": None}
    say(f"{swap.name}: {failure['failure'] or 'the good one was read'}")
    result = outcome | failure | {"most": watch.most, "kills": greedy.kills()}
    if swap.name == "tmem":
        result["steps"] = list(change_rules(good, greedy))
    return result


def change_rules(good, greedy):
    """What happens when an administrator changes the rules of what runs."""
    greedy_account, good_account = Account(greedy.path), Account(good.path)

    def step(what, condition):
        came, seconds = wait_until(condition)
        say(f"tmem: {what}: {'done' if came else 'NOT done'} after {seconds:.1f} s")
        return {
            "what": what,
            "done": came,
            "seconds": seconds,
            "good": good_account.settings() | good_account.values(),
            "greedy": greedy_account.settings() | greedy_account.values(),
        }

    lower = GREEDY_LIMIT // 2
    greedy_account.set("limit_bytes", lower)
    yield step("the greedy one's limit is halved", lambda: greedy_account.holds() <= lower)
    greedy.restart()
    container = Account(greedy.container.cgroup)
    yield step(
        "its container, restarted, has its slice's rules",
        lambda: container.settings()["limit_effective_bytes"] == str(lower) and lower / 2 < greedy_account.holds() <= lower,
    )
    good_account.set("weight", 300)
    greedy_account.set("limit_bytes", "max")
    yield step(
        "no limit, but a third of the good one's weight: it takes what that one leaves",
        lambda: greedy_account.holds() > lower,
    )


def run_one(swap, seed, time_limit):
    swap.turn_on()
    try:
        return measure(swap, seed, time_limit)
    finally:
        swap.turn_off()


def main():
    seed, time_limit = int(sys.argv[1]), float(sys.argv[2])
    run("modprobe", "virtio_blk")
    facts = {"pool_bytes": POOL, "greedy_limit_bytes": GREEDY_LIMIT}
    print(json.dumps({"machine": machine() | facts}), flush=True)
    for swap in [BoundZram(NO_READAHEAD), BoundZswap(NO_READAHEAD), BoundTmem()]:
        print(json.dumps({"run": run_one(swap, seed, time_limit)}), flush=True)


main()
