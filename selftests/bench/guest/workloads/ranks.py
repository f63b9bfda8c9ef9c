# SPDX-License-Identifier: GPL-2.0
"""A program in Python: the packages of an index as objects, a search index of their descriptions, their ranks by who depends on
them, round by round, and searches. ranks.py INDEX PACKAGES"""

import collections
import itertools
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../programs"))
import records


def ranked(depends, rounds):
    ranks = dict.fromkeys(depends, 1.0)
    for _ in range(rounds):
        following = dict.fromkeys(depends, 0.15)
        for name, others in depends.items():
            for other in others:
                following[other] += 0.85 * ranks[name] / len(others)
        ranks = following
    return ranks


def main(index, most):
    packages = {record["Package"]: record for record in itertools.islice(records.paragraphs(index), most)}
    words = collections.defaultdict(set)
    for name, record in packages.items():
        for word in record.get("Description", "").split() + record.get("Tag", "").split(", "):
            words[word].add(name)
    depends = {}
    for name, record in packages.items():
        wanted = (each.split(" ")[0] for each in record.get("Depends", "").split(", "))
        depends[name] = [other for other in wanted if other in packages]
    ranks = ranked(depends, 8)
    order, found = random.Random(1), 0
    vocabulary = sorted(words, key=lambda word: -len(words[word]))
    for _ in range(6000):
        # Some words are looked for more often than others.
        word = vocabulary[int(order.paretovariate(0.6)) % len(vocabulary)]
        best = sorted(words[word], key=lambda name: -ranks[name])[:10]
        found += sum(len(packages[name].get("Depends", "")) for name in best)
    print(len(packages), "packages,", len(words), "words,", found)


main(sys.argv[1], int(sys.argv[2]))
