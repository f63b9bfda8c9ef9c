// SPDX-License-Identifier: GPL-2.0
//! Cgroups that may not swap get nothing from tmem.

use super::Finding;
use super::Severity::{Note, Ok, Warning};
use crate::cgroups::{some, Cgroups};
use crate::host::Host;

pub fn swap_max(host: &Host) -> Finding {
    let finding = |severity, what: String| Finding::new("cgroups", severity, what);
    let Some(cgroups) = Cgroups::find(host) else {
        return finding(
            Note,
            "cgroup v2 is not mounted: no cgroup keeps its processes from swap that way".into(),
        );
    };
    // Nothing below one that may not swap may either.
    let barred = cgroups.topmost(|cgroup| cgroups.number(cgroup, "memory.swap.max") == Some(0));
    let Some(first) = barred.first() else {
        return finding(Ok, "none has memory.swap.max=0".into());
    };
    finding(
        Warning,
        format!(
            "{} may not swap (memory.swap.max=0), so tmem does nothing for them: {}",
            barred.len(),
            some(&barred)
        ),
    )
    .remedy(format!(
        "let one swap: echo max > {}{first}/memory.swap.max\n\
         for good: MemorySwapMax= of the systemd unit, --memory-swap of docker or podman; Kubernetes:\n\
         memorySwap.swapBehavior: LimitedSwap in the kubelet's configuration",
        cgroups.mount
    ))
}
