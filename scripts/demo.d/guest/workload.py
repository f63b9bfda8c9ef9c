# SPDX-License-Identifier: GPL-2.0
"""The program that swaps: valkey in a cgroup with less memory than its data, and the client that fills and reads it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

from files import get, number, put, table

CGROUP = "/sys/fs/cgroup/valkey/"
SOCKET = "/run/valkey.sock"
PACKAGES, ARCHIVES = "/mnt/share/packages", "/mnt/share/archives"
VALKEY = ["valkey-server", "--port", "0", "--unixsocket", SOCKET, "--save", "", "--appendonly", "no"]


def data_bytes():
    return os.path.getsize(PACKAGES) + os.path.getsize(ARCHIVES)


def memory_max():
    """Half of the data, in whole MiB."""
    return round(data_bytes() / 2 / (1 << 20)) << 20


def read_program(name):
    """Brings a program into memory on our account: charged to its cgroup, it would be thrown out and read again
    and again near the limit, and what is measured is to be the swapping of data."""
    libraries = subprocess.run(["ldd", shutil.which(name)], check=True, capture_output=True, text=True).stdout
    for path in [shutil.which(name), *re.findall(r"/\S+", libraries)]:
        with open(path, "rb") as file:
            file.read()


def wait_until_it_answers(has_ended):
    with socket.socket(socket.AF_UNIX) as connection:
        while connection.connect_ex(SOCKET) != 0:
            if has_ended():
                sys.exit("valkey ended at its start")
            time.sleep(0.05)


class Valkey:
    """One fresh valkey; with `with` it is gone afterwards, and its cgroup too."""

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.unlink(SOCKET)
        self._remove_cgroup()

    def start(self):
        read_program(VALKEY[0])
        os.mkdir(CGROUP)
        put(CGROUP + "memory.max", memory_max())
        self.process = subprocess.Popen(
            VALKEY,
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: put(CGROUP + "cgroup.procs", os.getpid()),
        )
        wait_until_it_answers(lambda: self.process.poll() is not None)

    def _remove_cgroup(self):
        # The kernel lets go of a killed process a little later.
        while True:
            try:
                return os.rmdir(CGROUP)
            except OSError:
                time.sleep(0.05)

    def was_killed(self):
        return table(CGROUP + "memory.events")["oom_kill"] > 0

    def memory(self):
        return {
            "memory_max": number(CGROUP + "memory.max"),
            "memory_current": number(CGROUP + "memory.current"),
            "swap_current": number(CGROUP + "memory.swap.current"),
            "major_faults": table(CGROUP + "memory.stat")["pgmajfault"],
        }


class Client:
    """Loads when it is started; reads everything back when `read` asks for it."""

    def __init__(self, seed, time_limit, *options):
        command = ["demo-client", "--seed", str(seed), *options, SOCKET, PACKAGES, ARCHIVES]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.late = False
        self.timer = threading.Timer(time_limit, self._stop)

    def __enter__(self):
        self.timer.start()
        return self

    def __exit__(self, *_):
        self.timer.cancel()
        self.process.kill()
        self.process.wait()

    def _stop(self):
        self.late = True
        self.process.kill()

    def load(self):
        return self._result()

    def read(self):
        self.process.stdin.write("read\n")
        self.process.stdin.flush()
        return self._result()

    def _result(self):
        """{"load": ...}, {"read": ...}, {"lost": ...} or {"wrong": ...}."""
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        if self.late:
            return {"late": {}}
        sys.exit(f"the client ended without a result: {self.process.wait()}")
