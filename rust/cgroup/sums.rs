// SPDX-License-Identifier: GPL-2.0
//! What cgroups hold and did, summed up over accounts.
#![forbid(unsafe_code)]

use super::Cgroups;
use crate::account::{Count, Owner};
use kernel::prelude::*;

/// Which accounts count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The cgroup's, and those of all under it.
    Subtree,
    /// The cgroup's, and those of removed ones that were under it.
    Local,
}

impl Cgroups {
    /// A sum over accounts of cgroup `inode`. ENOENT. May sleep.
    pub fn sum(&self, inode: u64, count: Count, scope: Scope) -> Result<u64> {
        let known = self.known.lock();
        let owner = self.owner(inode)?;
        let counts = |other: &Owner| match scope {
            Scope::Subtree => self.accounts.is_within(*other, owner),
            Scope::Local => known.home(&self.accounts, *other) == owner,
        };
        Ok(self
            .accounts
            .owners()
            .filter(counts)
            .fold(0, |sum: u64, other| {
                sum.saturating_add(self.accounts.counted(other, count))
            }))
    }
}
