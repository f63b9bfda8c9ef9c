# SPDX-License-Identifier: GPL-2.0
"""What passes between the host's standard streams and the guest's ports."""

import asyncio
import fcntl
import os
import signal
import sys
import termios
import tty

LEAVE = b"\x1d"  # Ctrl-], as telnet has it


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data) :]


async def until_gone(reading):
    """What a port says, or nothing once QEMU has ended: it leaves a broken
    connection when it has not read all that was sent to it."""
    try:
        return await reading
    except ConnectionError:
        return b""


async def relay_output(port, fd, mark):
    """Shows one output stream of the guest up to the mark that ends it."""
    held = b""
    while data := await until_gone(port.read(65536)):
        data = held + data
        if mark in data:
            write_all(fd, data[: data.index(mark)])
            return
        shown = len(data) - beginning_of_mark(data, mark)
        write_all(fd, data[:shown])
        held = data[shown:]
    write_all(fd, held)


def beginning_of_mark(data, mark):
    """How many of the last bytes may be the first ones of the mark."""
    for length in range(min(len(mark) - 1, len(data)), 0, -1):
        if data.endswith(mark[:length]):
            return length
    return 0


class Terminal:
    """The user's terminal, lent to the guest's shell: keys go there unread."""

    def __init__(self, keys, control):
        self.keys, self.control = keys, control
        self.before = None

    def __enter__(self):
        loop = asyncio.get_running_loop()
        loop.add_reader(0, self._relay_keys)
        if sys.stdin.isatty():
            self.before = termios.tcgetattr(0)
            tty.setraw(0)
            loop.add_signal_handler(signal.SIGWINCH, self._send_size)
            self._send_size()
        return self

    def __exit__(self, *_):
        asyncio.get_running_loop().remove_reader(0)
        if self.before:
            termios.tcsetattr(0, termios.TCSADRAIN, self.before)

    def _relay_keys(self):
        data = os.read(0, 4096)
        if self.before and LEAVE in data:
            signal.raise_signal(signal.SIGTERM)
        if not data:
            asyncio.get_running_loop().remove_reader(0)
            data = b"\x04"  # end of file, as a terminal says it
        self.keys.write(data)

    def _send_size(self):
        packed = fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
        rows, columns = (int.from_bytes(packed[i : i + 2], sys.byteorder) for i in (0, 2))
        self.control.write(b"%d %d\n" % (rows, columns))
