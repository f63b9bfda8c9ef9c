# SPDX-License-Identifier: GPL-2.0
"""The two tenants, each a container in a slice that bounds its memory: a valkey that is asked for its records, and a sort that takes
all it can get."""

import os
import time

from container import Container
from files import number, put, table
from workload import SOCKET, VALKEY, memory_max, read_program, wait_until_it_answers

ROOT = "/sys/fs/cgroup"
GREEDY_MEMORY = 6 << 20
# Of the CPU: what is shown is what they take of the memory.
HIGH, LOW = 1000, 100
# It reads lines without end before it sorts any. When it is killed, it starts again.
GREEDY = "while :; do while cat /mnt/share/packages; do :; done | cat -n | sort -S 400M >/dev/null; done"


class Slice:
    """A cgroup, whose rules outlive the container in it; that runs while this is entered."""

    def __init__(self, name, memory, cpu_weight, container, command):
        self.path = f"/{name}"
        self.folder = f"{ROOT}/{name}/"
        self.container = Container(container, name, command)
        os.mkdir(self.folder)
        put(self.folder + "memory.max", memory)
        put(self.folder + "cpu.weight", cpu_weight)

    def __enter__(self):
        self.container.start()
        return self

    def __exit__(self, *_):
        self.container.stop()
        self._remove()

    def _remove(self):
        # The kernel lets go of a container's processes a little later.
        while True:
            try:
                return os.rmdir(self.folder)
            except OSError:
                time.sleep(0.05)

    def restart(self):
        self.container.stop()
        self.container.start()

    def kills(self):
        return table(self.folder + "memory.events")["oom_kill"]

    def swapped_bytes(self):
        return number(self.folder + "memory.swap.current")

    def zswap_bytes(self):
        return number(self.folder + "memory.zswap.current")


class Good(Slice):
    def __init__(self):
        super().__init__("good", memory_max(), HIGH, "shop", VALKEY)

    def __enter__(self):
        read_program(VALKEY[0])
        super().__enter__()
        wait_until_it_answers(self.was_killed)
        return self

    def __exit__(self, *details):
        super().__exit__(*details)
        os.unlink(SOCKET)

    def was_killed(self):
        return self.kills() > 0


class Greedy(Slice):
    def __init__(self):
        super().__init__("greedy", GREEDY_MEMORY, LOW, "bulk", ["bash", "-c", GREEDY])

    def __enter__(self):
        for program in ("bash", "cat", "sort"):
            read_program(program)
        return super().__enter__()
