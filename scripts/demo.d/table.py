# SPDX-License-Identifier: GPL-2.0
"""The demo's results as a person reads them."""

MIB = 1 << 20

NOTES = """\
swapped:  what the swap holds when everything is loaded, as valkey sees it (MiB). RAM held: what that takes, tables and
          buffers included (MiB); ratio: the one over the other. Disk: read and written from loading to the last read (MiB).
          zswap's RAM counts against the cgroup's memory.max; zram's and tmem's is outside of it.
latency:  of one GET over a Unix socket, client and server in the guest; each value verified by its checksum."""

TCG_NOTE = """\
TCG:      without KVM the processor is some ten times slower, while the disk keeps its speed: compare the swaps in memory
          with each other; against the disk they are better than shown here."""


def mib(number):
    return f"{number / MIB:.1f}"


def survival(run):
    word = "yes" if run["survived"] else "no"
    return f"{word}: {run['failure']}" if run["failure"] else word


def phase_cells(run):
    load, read = run.get("load"), run.get("read")
    return [
        f"{load['seconds']:.1f}" if load else "-",
        f"{read['seconds']:.1f}" if read else "-",
        f"{read['p50_us']:.0f}" if read else "-",
        f"{read['p99_us']:.0f}" if read else "-",
    ]


def held_cells(run):
    held = run.get("after_load", {}).get("held")
    if not held:
        return ["-"] * 4
    ram = held["pool_bytes"] + held["metadata_bytes"]
    ratio = f"{held['logical_bytes'] / ram:.2f}" if ram else "-"
    return [mib(held["logical_bytes"]), mib(ram), mib(held["metadata_bytes"]), ratio]


HEAD = [
    ["", "", "load", "read", "p50", "p99", "swapped", "RAM held", "of it", "ratio", "disk", "disk"],
    ["", "survived", "s", "s", "us", "us", "MiB", "MiB", "tables", "", "read", "written"],
]


def row(run):
    disk = [mib(run["disk"]["read"]), mib(run["disk"]["written"])]
    return [run["name"], survival(run), *phase_cells(run), *held_cells(run), *disk]


def aligned(rows):
    """Words to the left (the first two columns), numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for cells in rows:
        padded = [
            cell.ljust(width) if number < 2 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(cells, widths))
        ]
        yield "  ".join(padded).rstrip()


def header(results):
    machine = results["machine"]
    return (
        f"{machine['accelerator']}, Linux {machine['kernel']}, {machine['processors']} processor(s),"
        f" {mib(machine['memory_bytes'])} MiB; seed of the reading order: {results['seed']}\n"
        f"valkey: {mib(machine['data_bytes'])} MiB of data in a cgroup with memory.max ="
        f" {mib(machine['memory_max'])} MiB; disk: QEMU-throttled to {results['disk']['iops']} IOPS,"
        f" {results['disk']['bytes_per_second'] // 1_000_000} MB/s"
    )


def settings(run):
    values = ", ".join(f"{name}={value}" for name, value in run["settings"].items() if name != "swaps")
    swaps = "; ".join(run["settings"]["swaps"]) or "none"
    return f"  {run['name']}: {values}; /proc/swaps: {swaps}{''.join(map(slower, run['slower']))}"


def slower(other):
    seconds = f"{other['read']['seconds']:.1f} s to read" if other["read"] else "did not come to its end"
    return f"; with page-cluster={other['page-cluster']}: {seconds}"


def text(results):
    runs = results["runs"]
    return "\n".join(
        [
            header(results),
            "",
            *aligned(HEAD + [row(run) for run in runs]),
            "",
            NOTES,
            *([TCG_NOTE] if results["machine"]["accelerator"] == "TCG" else []),
            "settings:",
            *map(settings, runs),
        ]
    )
