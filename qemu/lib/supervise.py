#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Runs one guest: starts QEMU (or user-mode Linux), hands it the text to run (from RUN in the
environment; an interactive shell without), relays its streams as they come, and
ends with the text's exit status or says what went wrong.

Started by qemu/guest inside the tool chain root. What follows `--` is the
machine's command line; the ports that qemu/guest-init talks over are added here.
"""

import argparse
import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from streams import Terminal, relay_output, until_gone

HANG, INFRASTRUCTURE, CRASH = 124, 125, 126
PORTS = ("control", "out", "err")
# The first line of each kind of trouble that makes the guest's kernel panic.
TROUBLE = re.compile(
    r"(Oops: .*|BUG: .*|kernel BUG at .*|general protection fault.*|watchdog: BUG.*"
    r"|INFO: task .* blocked for .*|Kernel panic - not syncing: .*)"
)


class GuestFailure(Exception):
    """The guest ended otherwise than by the end of its text."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class NothingRan(GuestFailure):
    """The guest failed before anything of ours ran in it: worth another try."""

    def __init__(self, message):
        super().__init__(INFRASTRUCTURE, message)


def say(message):
    print(f"guest: {message}", file=sys.stderr, flush=True)


class Guest:
    """One run of QEMU with its helpers."""

    def __init__(self, options):
        self.options = options
        self.text = os.environb.get(b"RUN", b"")
        self.mark = secrets.token_hex(16).encode()
        self.children = []
        self.ports = {}

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="tmem-guest.", dir="/tmp")
        self.messages = open(os.path.join(self.folder, "messages"), "w+")
        self.console = open(self.options.console, "a")
        self._start()
        return self

    def __exit__(self, failure, *_):
        if failure:
            self._show_messages()
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        shutil.rmtree(self.folder)

    def _show_messages(self):
        """What QEMU and virtiofsd have said: of interest only after a failure."""
        self.messages.seek(0)
        sys.stderr.write(self.messages.read())

    def _start(self):
        command, theirs = list(self.options.machine), []
        for number, name in enumerate(PORTS, 1):
            self.ports[name], end = socket.socketpair()
            theirs.append(end)
            if self.options.user_mode:
                # Before the kernel's own last arguments, which are for its first program.
                command.insert(-1, f"con{number}=fd:{end.fileno()}")
            else:
                command += ["-chardev", f"socket,id={name},fd={end.fileno()}"]
                command += ["-device", f"virtserialport,chardev={name},name=tmem.{name}"]
        if self.options.share:
            command += self._start_share()
        if self.options.qmp:
            command += self._qmp_socket()
        self._spawn(command, theirs)
        for end in theirs:
            end.close()

    def _spawn(self, command, sockets):
        # Ends when this program ends, however that comes; Ctrl-C is not for it.
        # User-mode Linux has its console there.
        output = self.console if self.options.user_mode else self.messages
        child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[each.fileno() for each in sockets],
            start_new_session=True,
        )
        self.children.append(child)

    def _start_share(self):
        path = os.path.join(self.folder, "share")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1)
            virtiofsd = ["/usr/libexec/virtiofsd", "--sandbox=none", "--log-level=error"]
            where = [f"--fd={listener.fileno()}", f"--shared-dir={self.options.share}"]
            self._spawn(virtiofsd + where, [listener])
        device = "vhost-user-fs-pci,chardev=share,tag=share"
        return ["-chardev", f"socket,id=share,path={path}", "-device", device]

    def _qmp_socket(self):
        path = os.path.join(self.folder, "qmp")
        say(f"QMP socket: {path}")
        return ["-qmp", f"unix:{path},server=on,wait=off"]

    async def converse(self):
        """The guest's part from boot to end; returns the text's exit status."""
        lines, control = await asyncio.open_connection(sock=self.ports["control"])
        out, keys = await asyncio.open_connection(sock=self.ports["out"])
        err, _ = await asyncio.open_connection(sock=self.ports["err"])
        await self._wait_for_boot(lines)
        control.write(b"%s %d\n%s" % (self.mark, len(self.text), self.text))
        terminal = contextlib.nullcontext() if self.text else Terminal(keys, control)
        with terminal:
            *_, last = await asyncio.gather(*self._relays(out, err), until_gone(lines.readline()))
        return int(last.split()[1]) if last else self._ended_early()

    def _relays(self, out, err):
        yield relay_output(out, 1, self.mark)
        if self.text:
            yield relay_output(err, 2, self.mark)

    async def _wait_for_boot(self, lines):
        try:
            async with asyncio.timeout(self.options.boot_timeout):
                first = await until_gone(lines.readline())
        except TimeoutError:
            raise NothingRan("the guest does not boot: no sign of life") from None
        if not first:
            trouble = self._trouble() or "QEMU ended"
            raise NothingRan(f"{trouble} (before anything ran)")

    def _ended_early(self):
        """Whoever has a shell may power off."""
        trouble = self._trouble()
        if trouble:
            kind = "panic" if "Kernel panic" in trouble else "oops"
            raise GuestFailure(CRASH, f"{kind} in the guest: {trouble}")
        if self.text:
            raise GuestFailure(INFRASTRUCTURE, "the guest powered off, or QEMU ended, before the text did")
        return 0

    def _trouble(self):
        with open(self.options.console, errors="replace") as console:
            for line in console:
                if found := TROUBLE.search(line):
                    return found.group()
        return None


async def run_once(options):
    task = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with Guest(options) as guest:
        try:
            async with asyncio.timeout(options.timeout or None):
                return await guest.converse()
        except TimeoutError:
            trouble = guest._trouble()
            more = f" (its console says: {trouble})" if trouble else ""
            raise GuestFailure(HANG, f"no end after TIMEOUT={options.timeout} seconds{more}") from None


def run(options):
    try:
        return asyncio.run(run_once(options))
    except NothingRan as failure:
        say(f"{failure}; trying once more")
        shutil.copy(options.console, options.console + ".first")
    return asyncio.run(run_once(options))


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--console", required=True, help="file that the guest's console is written to")
    parser.add_argument("--timeout", type=int, default=0, help="seconds until a guest counts as hung")
    parser.add_argument("--boot-timeout", type=int, default=90, help="seconds until a guest counts as not booting")
    parser.add_argument("--share", help="folder to show at /mnt/share")
    parser.add_argument("--qmp", action="store_true", help="open a QMP socket and say where")
    parser.add_argument("--user-mode", action="store_true", help="it is user-mode Linux, not QEMU")
    parser.add_argument("machine", nargs="+")
    return parser.parse_args()


def main():
    options = parse_arguments()
    try:
        status = run(options)
        if status == 0:
            os.unlink(options.console)
            return 0
        say(f"exit status {status}; the console: {options.console}")
        return status
    except GuestFailure as failure:
        say(f"{failure}; the console: {options.console}")
        return failure.status
    except BrokenPipeError:
        return 128 + signal.SIGPIPE
    except asyncio.CancelledError:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
