# SPDX-License-Identifier: GPL-2.0
"""Leaves tmem on and a filled valkey behind, for a shell to look at."""

import sys

from files import say
from swaps import Tmem
from workload import Client, Valkey

TIME_LIMIT = 300

Tmem().turn_on()
say("filling valkey ...")
Valkey().start()
with Client(seed=1, time_limit=TIME_LIMIT) as client:
    outcome = client.load()
if "load" not in outcome:
    sys.exit(f"valkey could not be filled: {outcome}")
