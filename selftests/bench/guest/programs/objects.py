# SPDX-License-Identifier: GPL-2.0
"""A program in Python: the packages of an index as objects, who depends on whom, the words of their descriptions, and the syntax
trees of Python's own library. Says `ready`, and stays."""

import ast
import collections
import dataclasses
import glob
import os
import signal
import sys

import records


@dataclasses.dataclass
class Package:
    name: str
    version: str
    size: int
    depends: list[str]
    fields: dict[str, str]


def package(record):
    depends = [name.split(" ")[0] for name in record.get("Depends", "").split(", ")]
    size = int(record.get("Installed-Size", 0))
    return Package(record["Package"], record["Version"], size, depends, record)


def main(index, most):
    packages = {}
    for record in records.paragraphs(index):
        packages[record["Package"]] = package(record)
        if len(packages) == most:
            break
    users, words = collections.defaultdict(list), collections.Counter()
    for each in packages.values():
        words.update(each.fields.get("Description", "").split())
        for name in each.depends:
            users[name].append(each)
    trees = {}
    for path in sorted(glob.glob(os.path.dirname(ast.__file__) + "/*.py"))[:40]:
        with open(path, encoding="utf-8") as source:
            trees[path] = ast.parse(source.read())
    print("ready", flush=True)
    signal.pause()


main(sys.argv[1], int(sys.argv[2]))
