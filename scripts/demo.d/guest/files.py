# SPDX-License-Identifier: GPL-2.0
"""Small files of the kernel, read and written; and commands."""

import os
import subprocess
import sys


def get(path):
    with open(path) as file:
        return file.read().strip()


def put(path, value):
    # At once and unbuffered: the kernel judges each write by itself.
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, str(value).encode())
    finally:
        os.close(descriptor)


def number(path):
    return int(get(path))


def table(path):
    """A file of `name number` lines."""
    return {name: int(value) for name, value in map(str.split, get(path).splitlines())}


def run(*command):
    # Standard output is for results alone.
    subprocess.run(command, check=True, stdout=sys.stderr)


def say(message):
    print(message, file=sys.stderr, flush=True)
