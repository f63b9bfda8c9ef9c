# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Run in the guest before the prompt of scripts/demo --shell: tmem on, and a valkey that swaps to it.
python3 -B /mnt/share/shell.py && cat <<'END'

tmem is on, and a valkey that may use half the memory of its data has swapped the rest to it. To look around:
  tmemctl status
  valkey-cli -s /run/valkey.sock get bash
  cat /sys/fs/cgroup/valkey/memory.{current,swap.current}
  dmesg | tail
`exit` ends the guest.
END
