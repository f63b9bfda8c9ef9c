// SPDX-License-Identifier: GPL-2.0
//! The tree of cgroups (v2) and the values in it.

use crate::host::Host;

pub struct Cgroups<'a> {
    host: &'a Host,
    pub mount: String,
}

impl<'a> Cgroups<'a> {
    /// Nothing if cgroup v2 is not mounted.
    pub fn find(host: &'a Host) -> Option<Self> {
        let mounts = host.text("/proc/self/mounts")?;
        let mount = mounts.lines().find_map(|line| {
            let mut fields = line.split_whitespace();
            let mount = fields.nth(1)?;
            (fields.next()? == "cgroup2").then(|| mount.to_string())
        })?;
        Some(Self { host, mount })
    }

    /// The topmost cgroups that this holds for, by path from the root of the tree.
    pub fn topmost(&self, holds: impl Fn(&str) -> bool) -> Vec<String> {
        let mut found = Vec::new();
        self.walk("", &holds, &mut found);
        found
    }

    fn walk(&self, cgroup: &str, holds: &impl Fn(&str) -> bool, found: &mut Vec<String>) {
        if holds(cgroup) {
            found.push(cgroup.to_string());
            return;
        }
        let folder = format!("{}{cgroup}", self.mount);
        for name in self.host.names(&folder) {
            if self.host.path(&format!("{folder}/{name}")).is_dir() {
                self.walk(&format!("{cgroup}/{name}"), holds, found);
            }
        }
    }

    pub fn text(&self, cgroup: &str, file: &str) -> Option<String> {
        self.host.text(&format!("{}{cgroup}/{file}", self.mount))
    }

    /// A number; nothing for `max`.
    pub fn number(&self, cgroup: &str, file: &str) -> Option<u64> {
        self.text(cgroup, file)?.parse().ok()
    }
}

/// The first few names, and how many there are beyond.
pub fn some(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names
        .iter()
        .take(SHOWN)
        .map(|name| if name.is_empty() { "/" } else { name });
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len() {
        0..=SHOWN => shown,
        all => format!("{shown} and {} more", all - SHOWN),
    }
}
