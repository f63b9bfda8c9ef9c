// SPDX-License-Identifier: GPL-2.0
//! Cgroups that may not swap get nothing from tmem.

use super::Finding;
use super::Severity::{Note, Ok, Warning};
use crate::host::Host;

const SHOWN: usize = 5;

pub fn swap_max(host: &Host) -> Finding {
    let finding = |severity, what: String| Finding::new("cgroups", severity, what);
    let Some(mount) = mount_point(host) else {
        return finding(
            Note,
            "cgroup v2 is not mounted: no cgroup keeps its processes from swap that way".into(),
        );
    };
    let mut barred = Vec::new();
    walk(host, &mount, "", &mut barred);
    if barred.is_empty() {
        return finding(Ok, "none has memory.swap.max=0".into());
    }
    let names = barred
        .iter()
        .take(SHOWN)
        .map(|name| if name.is_empty() { "/" } else { name })
        .collect::<Vec<_>>()
        .join(", ");
    let more = match barred.len() {
        0..=SHOWN => String::new(),
        all => format!(" and {} more", all - SHOWN),
    };
    finding(
        Warning,
        format!("{} may not swap (memory.swap.max=0), so tmem does nothing for them: {names}{more}", barred.len()),
    )
    .remedy(format!(
        "let one swap: echo max > {mount}{}/memory.swap.max\n\
         for good: MemorySwapMax= of the systemd unit, --memory-swap of docker or podman; Kubernetes:\n\
         memorySwap.swapBehavior: LimitedSwap in the kubelet's configuration",
        barred[0]
    ))
}

fn mount_point(host: &Host) -> Option<String> {
    let mounts = host.text("/proc/self/mounts")?;
    mounts.lines().find_map(|line| {
        let mut fields = line.split_whitespace();
        let mount = fields.nth(1)?;
        (fields.next()? == "cgroup2").then(|| mount.to_string())
    })
}

/// Gathers the topmost cgroups that may not swap: nothing below one may either.
fn walk(host: &Host, mount: &str, cgroup: &str, barred: &mut Vec<String>) {
    let folder = format!("{mount}{cgroup}");
    if host.text(&format!("{folder}/memory.swap.max")).as_deref() == Some("0") {
        barred.push(cgroup.to_string());
        return;
    }
    for name in host.names(&folder) {
        if host.path(&format!("{folder}/{name}")).is_dir() {
            walk(host, mount, &format!("{cgroup}/{name}"), barred);
        }
    }
}
