// SPDX-License-Identifier: GPL-2.0
//! One value for each CPU that was online when they were made. A CPU that came online later shares
//! the first one's, and a task that is moved goes on using the one it took: each value takes care
//! of being shared.

use super::machine;
use core::iter::once;
use kernel::prelude::*;

/// The values.
pub struct PerCpu<T> {
    first: T,
    others: KVec<T>,
}

impl<T> PerCpu<T> {
    /// Makes each. May sleep. ENOMEM, or what `make` fails with.
    pub fn new(make: impl Fn() -> Result<T>) -> Result<Self> {
        let mut others = KVec::new();
        for _ in 1..machine::online_cpus() {
            others.push(make()?, GFP_KERNEL)?;
        }
        Ok(Self {
            first: make()?,
            others,
        })
    }

    /// This CPU's.
    #[inline]
    pub fn here(&self) -> &T {
        self.others
            .get(machine::this_cpu().wrapping_sub(1))
            .unwrap_or(&self.first)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        Iterator::chain(once(&self.first), &self.others)
    }
}
