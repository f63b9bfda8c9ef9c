# SPDX-License-Identifier: GPL-2.0
"""The results of `scripts/demo cgroups` as a person reads them."""

from table import TCG_NOTE, aligned, mib, survival

NOTES = """\
good:     a valkey, in a container whose slice has the memory.max above, asked for one record after the other, in random order, for some
          time; each is verified.
greedy:   a container that sorts text without end, with a memory.max of 6 MiB. killed: how often in its own slice.
RAM held: the most at any time while the good one read, of its swapped pages, of the greedy one's, and in all (MiB). zram does not
          know whose they are. zswap's counts against memory.max, and what it does not hold is on the disk."""

HEAD = [
    ["", "good:", "records", "p50", "p99", "greedy:", "RAM held:", "good", "greedy"],
    ["", "survived", "a second", "us", "us", "killed", "in all", "MiB", "MiB"],
]


def row(run):
    read, most = run.get("read"), run["most"]
    speed = ["-"] * 3
    if read:
        speed = [f"{read['records'] / read['seconds']:.0f}", f"{read['p50_us']:.0f}", f"{read['p99_us']:.0f}"]
    held = [mib(most[name]) if name in most else "?" for name in ("all", "good", "greedy")]
    return [run["name"], survival(run), *speed, str(run["kills"]), *held]


def rules(account):
    limit = account["limit_effective_bytes"]
    return f"{mib(int(limit))} MiB" if limit.isdigit() else "none"


STEP_HEAD = ["", "rules changed on tmem", "after s", "greedy: weight", "limit", "holds", "refused", "good: weight", "holds"]


def step_row(number, step):
    good, greedy = step["good"], step["greedy"]
    return [
        f"{number}.",
        step["what"],
        f"{step['seconds']:.1f}" if step["done"] else "NOT DONE",
        greedy["weight"],
        rules(greedy),
        mib(greedy["compressed_bytes"]),
        str(greedy["puts_refused"]),
        good["weight"],
        mib(good["compressed_bytes"]),
    ]


def header(results):
    machine = results["machine"]
    return (
        f"{machine['accelerator']}, Linux {machine['kernel']}, {machine['processors']} processor(s),"
        f" {mib(machine['memory_bytes'])} MiB; good: {mib(machine['data_bytes'])} MiB of data, memory.max ="
        f" {mib(machine['memory_max'])} MiB\n"
        f"each kind of swap may hold {mib(machine['pool_bytes'])} MiB of RAM; tmem's limit_bytes for the greedy slice:"
        f" {mib(machine['greedy_limit_bytes'])} MiB"
    )


def settings(run):
    return f"  {run['name']}: " + ", ".join(f"{name}={value}" for name, value in run["settings"].items())


def text(results):
    runs = results["runs"]
    steps = [step for run in runs for step in run.get("steps", [])]
    return "\n".join(
        [
            header(results),
            "",
            *aligned(HEAD + [row(run) for run in runs]),
            "",
            *aligned([STEP_HEAD] + [step_row(number, step) for number, step in enumerate(steps, 1)]),
            "",
            NOTES,
            *([TCG_NOTE] if results["machine"]["accelerator"] == "TCG" else []),
            "settings:",
            *map(settings, runs),
        ]
    )
