# SPDX-License-Identifier: GPL-2.0
"""What tmem knows of a cgroup: /sys/kernel/tmem/cgroups."""

import os

from files import get, number, put

ROOT = "/sys/kernel/tmem/cgroups/"


class Account:
    def __init__(self, cgroup):
        """Of a cgroup that is there, charged or not."""
        put(ROOT + "track", cgroup)
        self.folder = f"{ROOT}{os.stat('/sys/fs/cgroup' + cgroup).st_ino}/"

    def set(self, setting, value):
        put(self.folder + setting, value)

    def holds(self):
        """RAM for its pages, compressed."""
        return number(self.folder + "compressed_bytes")

    def settings(self):
        return {name: get(self.folder + name) for name in ("weight", "limit_bytes", "limit_effective_bytes")}

    def values(self):
        names = ("logical_bytes", "compressed_bytes", "puts", "puts_refused", "evictions", "written_back_bytes")
        return {name: number(self.folder + name) for name in names}
