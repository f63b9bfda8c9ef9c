# SPDX-License-Identifier: GPL-2.0
"""Containers by crun: the image is the guest's own root, read-only, with a fresh /tmp; what else is mounted comes from the guest."""

import json
import os
import subprocess

from files import run

CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETGID", "CAP_SETUID"]
# Where a program of the guest finds what it needs, and leaves its socket.
SHARED = ["/opt", "/run", "/mnt/share"]


def mount(destination, kind, *options):
    return {"destination": destination, "type": kind, "source": kind, "options": list(options)}


def configuration(cgroup, command):
    return {
        "ociVersion": "1.0.0",
        "process": {
            "cwd": "/",
            "args": command,
            "env": ["PATH=/opt/bin:/usr/sbin:/usr/bin", "HOME=/tmp"],
            "user": {"uid": 0, "gid": 0},
            "capabilities": {kind: CAPABILITIES for kind in ("bounding", "effective", "permitted")},
            "noNewPrivileges": True,
        },
        "root": {"path": "root", "readonly": True},
        "mounts": [
            mount("/proc", "proc"),
            mount("/sys", "sysfs", "ro", "nosuid", "noexec", "nodev"),
            mount("/dev", "tmpfs", "nosuid", "mode=755", "size=64k"),
            mount("/tmp", "tmpfs", "nosuid", "nodev"),
            *({"destination": path, "type": "bind", "source": path, "options": ["bind"]} for path in SHARED),
        ],
        "linux": {
            "cgroupsPath": cgroup,
            "namespaces": [{"type": kind} for kind in ("cgroup", "mount", "pid", "network", "ipc", "uts")],
        },
    }


class Container:
    """One that runs `command`, in the cgroup SLICE/NAME."""

    def __init__(self, name, slice_, command):
        self.name = name
        self.cgroup = f"/{slice_}/{name}"
        self.folder = f"/run/{name}"
        self.command = command

    def start(self):
        os.makedirs(f"{self.folder}/root", exist_ok=True)
        run("mount", "--bind", "/", f"{self.folder}/root")
        with open(f"{self.folder}/config.json", "w") as file:
            json.dump(configuration(self.cgroup, self.command), file)
        # Its program must not have our standard output, which is for results.
        subprocess.run(
            ["crun", "run", "--detach", "--bundle", self.folder, self.name],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self):
        run("crun", "delete", "--force", self.name)
        run("umount", f"{self.folder}/root")
