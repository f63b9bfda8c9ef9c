# SPDX-License-Identifier: GPL-2.0
"""A client of valkey: looks packages up, each with what it depends on and what that depends on, as somebody does who installs
them. lookups.py INDEX SOCKET NUMBER [SHAPE]: so many look-ups; with the shape of a Pareto distribution, of some packages more often
than of others."""

import os
import random
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../programs"))
import records


def depends(index):
    names = {}
    for record in records.paragraphs(index):
        wanted = record.get("Depends", "").split(", ")
        names[record["Package"]] = [name.split(" ")[0] for name in wanted if name]
    return names


def closure(names, package):
    """It, and all that it needs, once."""
    known, waiting = {package}, [package]
    while waiting:
        name = waiting.pop()
        yield name
        for other in names[name]:
            if other in names and other not in known:
                known.add(other)
                waiting.append(other)


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.answers = self.socket.makefile("rb")

    def ask(self, *words):
        self.socket.sendall(b"".join(records.command(*words)))
        return self.read()

    def read(self):
        line = self.answers.readline()
        if line[:1] == b"*":
            return [self.read() for _ in range(int(line[1:]))]
        length = int(line[1:])
        return None if length < 0 else self.answers.read(length + 2)


def chosen(order, roots, shape):
    if shape is None:
        return order.choice(roots)
    return roots[int(order.paretovariate(shape)) % len(roots)]


def main(index, path, number, shape=None):
    names, client = depends(index), Client(path)
    order, roots = random.Random(1), sorted(names)
    asked, found = 0, 0
    while asked < number:
        for name in closure(names, chosen(order, roots, shape)):
            found += len(client.ask("HGETALL", "package:" + name))
            found += len(client.ask("GET", "json:" + name))
            asked += 2
            if asked >= number:
                break
    print(asked, "look-ups,", found, "answers")


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *map(float, sys.argv[4:]))
