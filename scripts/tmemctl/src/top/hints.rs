// SPDX-License-Identifier: GPL-2.0
//! Why tmem holds nothing of a cgroup: it may not swap, or zswap stands in front.

use crate::amount::human;
use crate::cgroups::Cgroups;
use crate::host::Host;
use crate::settings::ZSWAP;

/// For each cgroup.
pub struct Hints<'a> {
    /// Nothing if cgroup v2 is not mounted.
    cgroups: Option<Cgroups<'a>>,
    zswap_is_on: bool,
}

/// For all at once.
pub fn notes(host: &Host) -> Vec<String> {
    let note =
        format!("zswap is on, in front of tmem, and takes the pages first (echo N > {ZSWAP})");
    is_on(host).then_some(note).into_iter().collect()
}

fn is_on(host: &Host) -> bool {
    host.text(ZSWAP).is_some_and(|enabled| enabled != "N")
}

impl<'a> Hints<'a> {
    pub fn read(host: &'a Host) -> Self {
        Self {
            cgroups: Cgroups::find(host),
            zswap_is_on: is_on(host),
        }
    }

    /// Where a cgroup's own files are.
    pub fn directory(&self, path: &str) -> String {
        let mount = self.cgroups.as_ref().map_or("", |cgroups| &cgroups.mount);
        format!("{mount}{path}")
    }

    /// Why a cgroup may have no page in tmem, if there is a reason.
    pub fn of(&self, path: &str) -> Option<String> {
        let cgroups = self.cgroups.as_ref()?;
        if let Some(barred) = ancestors(path).find(|path| may_not_swap(cgroups, path)) {
            return Some(match barred == path {
                true => "may not swap (memory.swap.max=0)".into(),
                false => format!("may not swap (memory.swap.max=0 in {barred})"),
            });
        }
        let in_zswap = in_zswap(cgroups, path);
        if in_zswap > 0 {
            return Some(format!(
                "zswap, in front of tmem, holds {}",
                human(in_zswap)
            ));
        }
        self.zswap_is_on.then(|| "zswap is in front of tmem".into())
    }

    /// The cgroups that their settings or zswap keep from tmem: of those that may not swap the topmost, of the others those
    /// with processes.
    pub fn barred(&self) -> Vec<String> {
        let Some(cgroups) = &self.cgroups else {
            return Vec::new();
        };
        let has_processes = |path: &str| {
            let processes = cgroups.text(path, "cgroup.procs");
            processes.is_some_and(|list| !list.is_empty())
        };
        cgroups.topmost(|path| {
            may_not_swap(cgroups, path) || in_zswap(cgroups, path) > 0 && has_processes(path)
        })
    }
}

/// The cgroup itself first, the root not at all: it has no limits.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path.trim_end_matches('/')), |path| {
        path.rsplit_once('/').map(|(above, _)| above)
    })
    .take_while(|path| !path.is_empty())
}

fn may_not_swap(cgroups: &Cgroups, path: &str) -> bool {
    cgroups.number(path, "memory.swap.max") == Some(0)
}

fn in_zswap(cgroups: &Cgroups, path: &str) -> u64 {
    cgroups.number(path, "memory.zswap.current").unwrap_or(0)
}
