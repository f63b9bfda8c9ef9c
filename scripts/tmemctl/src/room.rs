// SPDX-License-Identifier: GPL-2.0
//! Is there room for the pages that swapoff brings back? Where there is none, the kernel makes
//! it by killing processes, whether of the guest or of one cgroup.

use crate::amount::human;
use crate::cgroups::{some, Cgroups};
use crate::disk::FIRST;
use crate::error::Error;
use crate::host::Host;
use crate::swaps;

pub fn require(host: &Host) -> Result<(), Error> {
    let device = FIRST.device();
    let used = swaps::on(host, &device).map_or(0, |swap| swap.used_bytes);
    let other = swaps::others(host)
        .iter()
        .map(|swap| swap.free_bytes())
        .sum::<u64>();
    // What other swap takes needs no room in memory, neither the guest's nor a cgroup's.
    if used <= other {
        return Ok(());
    }
    // What the disk holds becomes free as its pages leave.
    let need = used.saturating_sub(FIRST.mm_stat(host).held_bytes);
    let available = host.meminfo("MemAvailable").unwrap_or(0);
    if need > available.saturating_add(other) {
        return Err(Error::new(format!(
            "no room for what is in {device}: {} more are needed, there are {} of memory and {} of other swap",
            human(need),
            human(available),
            human(other)
        ))
        .remedy(FORCE));
    }
    require_in_cgroups(host)
}

const FORCE: &str = "end something that uses memory, or add a swap file, and try again; \
`tmemctl off --force` tries all the same, and the kernel may kill processes to make room";

fn require_in_cgroups(host: &Host) -> Result<(), Error> {
    let Some(cgroups) = Cgroups::find(host) else {
        return Ok(());
    };
    let full = cgroups.topmost(|cgroup| overflows(&cgroups, cgroup).unwrap_or(false));
    match full.is_empty() {
        true => Ok(()),
        false => Err(Error::new(format!(
            "what these cgroups have in swap does not fit into their memory.max: {}",
            some(&full)
        ))
        .remedy(format!("raise memory.max there; or {FORCE}"))),
    }
}

/// What cannot be dropped, and what is in swap, is more than the cgroup may have in memory.
fn overflows(cgroups: &Cgroups, cgroup: &str) -> Option<bool> {
    let limit = cgroups.number(cgroup, "memory.max")?;
    let swapped = cgroups.number(cgroup, "memory.swap.current")?;
    let stat = cgroups.text(cgroup, "memory.stat")?;
    let held = stat.lines().filter_map(|line| match line.split_once(' ') {
        Some(("anon" | "shmem", bytes)) => bytes.parse::<u64>().ok(),
        _ => None,
    });
    Some(swapped > 0 && held.sum::<u64>().saturating_add(swapped) > limit)
}
