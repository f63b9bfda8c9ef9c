# SPDX-License-Identifier: GPL-2.0
"""What the demo compares: each kind of swap, set as its users tune it, and what it holds.

`held` gives the bytes swapped as the program sees them, and the RAM that keeps them, in two parts: the allocator's pages,
and everything else (tables, handles, buffers), counted from the structures of Linux 7.2 where the kernel does not say it.
"""

import os

from files import get, number, put, run

PAGE = 4096
DISK = "vda"
ZSWAP = "/sys/module/zswap/parameters/"
PAGE_CLUSTER = "/proc/sys/vm/page-cluster"
# Pages read ahead, as a power of 2. The stock value is for seeking disks; a swap in memory has nothing to gain.
READAHEAD, NO_READAHEAD = 3, 0

# An object's handle in zsmalloc.
HANDLE = 8
LZ4_WORKSPACE = 16 << 10


def swap_lines():
    return [" ".join(line.split()) for line in get("/proc/swaps").splitlines()[1:]]


class NoSwap:
    name = "no swap"
    # Of the swap: some five times what is swapped.
    size = 128 << 20

    def __init__(self, page_cluster=READAHEAD):
        self.page_cluster = page_cluster

    def turn_on(self):
        put(PAGE_CLUSTER, self.page_cluster)

    def turn_off(self):
        pass

    def held(self):
        return None

    def settings(self):
        return {
            "swaps": swap_lines(),
            "page-cluster": number(PAGE_CLUSTER),
            "zswap.enabled": get(ZSWAP + "enabled"),
        }


class Disk(NoSwap):
    name = "disk"

    def turn_on(self):
        super().turn_on()
        run("mkswap", "-q", f"/dev/{DISK}")
        run("swapon", f"/dev/{DISK}")

    def turn_off(self):
        run("swapoff", f"/dev/{DISK}")

    def held(self):
        logical = int(swap_lines()[0].split()[3]) << 10
        return {"logical_bytes": logical, "pool_bytes": 0, "metadata_bytes": 0}


class Zram(NoSwap):
    name = "zram"
    block = "/sys/block/zram0/"
    # vzalloc'ed for all slots at once: a handle and a word of flags each.
    TABLE_ENTRY = 16
    # A stream for each processor: two pages to compress to, one to read to, the workspace.
    STREAM = 3 * PAGE + LZ4_WORKSPACE

    def turn_on(self):
        super().turn_on()
        run("modprobe", "zram", "num_devices=1")
        put(self.block + "comp_algorithm", "lz4")
        put(self.block + "disksize", self.size)
        run("mkswap", "-q", "/dev/zram0")
        run("swapon", "-p", "100", "/dev/zram0")

    def turn_off(self):
        run("swapoff", "/dev/zram0")
        put(self.block + "reset", 1)
        run("rmmod", "zram")

    def held(self):
        logical, _, pool, _, _, same = map(int, get(self.block + "mm_stat").split()[:6])
        handles = (logical // PAGE - same) * HANDLE
        metadata = self.size // PAGE * self.TABLE_ENTRY + handles + os.cpu_count() * self.STREAM
        return {"logical_bytes": logical, "pool_bytes": pool, "metadata_bytes": metadata}

    def settings(self):
        return super().settings() | {
            "comp_algorithm": get(self.block + "comp_algorithm"),
            "disksize": number(self.block + "disksize"),
        }


class Zswap(Disk):
    name = "zswap"
    debug = "/sys/kernel/debug/zswap/"
    WANTED = {"compressor": "lz4", "max_pool_percent": 20, "shrinker_enabled": "Y", "enabled": "Y"}
    # struct zswap_entry, its place in an xarray (a node of 576 bytes for 64), the handle.
    ENTRY = 56 + 9 + HANDLE
    # For each processor: a page to compress to, the workspace.
    STREAM = PAGE + LZ4_WORKSPACE

    def turn_on(self):
        for parameter, value in self.WANTED.items():
            put(ZSWAP + parameter, value)
        super().turn_on()

    def turn_off(self):
        super().turn_off()
        put(ZSWAP + "enabled", "N")

    def held(self):
        pages = number(self.debug + "stored_pages")
        return {
            "logical_bytes": pages * PAGE,
            "pool_bytes": number(self.debug + "pool_total_size"),
            "metadata_bytes": pages * self.ENTRY + os.cpu_count() * self.STREAM,
            "written_back_bytes": number(self.debug + "written_back_pages") * PAGE,
        }

    def settings(self):
        return super().settings() | {f"zswap.{name}": get(ZSWAP + name) for name in self.WANTED}


class Tmem(NoSwap):
    name = "tmem"
    stats = "/sys/kernel/tmem/stats/"
    # Of a cgroup: its memory.max once more, unless told otherwise. zram knows no such limit.
    default_limit = "/sys/kernel/tmem/cgroups/default_limit"

    def turn_on(self):
        super().turn_on()
        run("tmemctl", "on", "--size", str(self.size))
        put(self.default_limit, "max")

    def turn_off(self):
        run("tmemctl", "off")

    def held(self):
        return {
            "logical_bytes": number(self.stats + "logical_bytes"),
            "pool_bytes": number(self.stats + "arena_bytes"),
            "metadata_bytes": number(self.stats + "metadata_bytes"),
        }

    def settings(self):
        return super().settings() | {
            "comp_algorithm": get("/sys/block/tmem0/comp_algorithm"),
            "disksize": number("/sys/block/tmem0/disksize"),
            "default_limit": get(self.default_limit),
        }


# By the letter that `scripts/demo --only` knows them by. Of several the best one counts: users of zswap set it either way, as
# they read more from the pool or from the disk behind it.
SWAPS = {
    "a": [NoSwap()],
    "b": [Disk()],
    "c": [Zram(NO_READAHEAD)],
    "d": [Zswap(NO_READAHEAD), Zswap(READAHEAD)],
    "e": [Tmem()],
}
