# SPDX-License-Identifier: GPL-2.0
"""The paragraphs of a Debian package index.

As a program, records.py INDEX FOLDER: writes them as others read them: commands for valkey-cli --pipe (a hash and a JSON text
for each), and CSV tables of packages and of what depends on what.
"""

import csv
import json
import os
import sys


def paragraphs(path):
    """Each as a dictionary; lines that continue one are joined to it."""
    with open(path, encoding="utf-8", errors="replace") as index:
        for text in index.read().split("\n\n"):
            fields = (line.split(": ", 1) for line in text.replace("\n ", " ").split("\n"))
            record = {field[0]: field[1] for field in fields if len(field) == 2}
            if "Package" in record:
                yield record


def command(*words):
    encoded = [word.encode() for word in words]
    yield b"*%d\r\n" % len(encoded)
    for word in encoded:
        yield b"$%d\r\n%s\r\n" % (len(word), word)


def write_commands(records, path):
    with open(path, "wb") as out:
        for record in records:
            name = record["Package"]
            flat = [word for field in record.items() for word in field]
            out.writelines(command("HSET", "package:" + name, *flat))
            out.writelines(command("SET", "json:" + name, json.dumps(record)))


def write_tables(records, folder):
    columns = ["Package", "Version", "Section", "Maintainer", "Installed-Size", "Filename", "Description", "Tag"]
    with open(os.path.join(folder, "packages.csv"), "w", newline="") as out:
        table = csv.writer(out)
        table.writerows([record.get(column, "") for column in columns] for record in records)
    with open(os.path.join(folder, "depends.csv"), "w", newline="") as out:
        table = csv.writer(out)
        for record in records:
            names = record.get("Depends", "").split(", ")
            table.writerows((record["Package"], *name.partition(" ")[::2]) for name in names if name)


def main(index, folder):
    records = list(paragraphs(index))
    write_commands(records, os.path.join(folder, "valkey.commands"))
    write_tables(records, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
