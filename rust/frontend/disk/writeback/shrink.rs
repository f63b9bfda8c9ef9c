// SPDX-License-Identifier: GPL-2.0
//! Memory that the kernel may have back without I/O: old pages that the disk below has as well. They are read from
//! there when somebody asks for them.
//!
//! From below, in the middle of anybody's allocation: so `bench` is only tried, and where somebody has it the
//! kernel is told to look elsewhere.
#![forbid(unsafe_code)]

use super::{Bench, Cleaner};
use crate::{
    core::{size::PAGE_BYTES, totals},
    ffi::shrinker::Shrink,
    store::Counter,
};
use kernel::sync::atomic::ordering::Relaxed;

impl Shrink for Cleaner {
    fn count(&self) -> usize {
        let pages = self.pool.counted(Counter::Pages);
        let bytes = self.pool.counted(Counter::StoredBytes);
        let clean = self.clean.load(Relaxed).min(pages);
        (totals::share(bytes, clean, pages) / PAGE_BYTES) as usize
    }

    fn scan(&self, pages: usize) -> Option<usize> {
        let mut bench = self.bench.try_lock()?;
        let tier = self.pool.store().tier();
        let before = tier.bytes();
        self.give_up(&mut bench, pages);
        tier.compact();
        Some((before.saturating_sub(tier.bytes()) / PAGE_BYTES) as usize)
    }
}

impl Cleaner {
    /// So many old pages leave, if there are as many: where a long way has none, fewer are left than was thought.
    fn give_up(&self, bench: &mut Bench, pages: usize) {
        for _ in 0..pages {
            match self.pool.next_old_clean(&mut bench.cold) {
                Some(handle) => self.clean_leaves(&handle),
                None => return self.clean.store(self.clean.load(Relaxed) / 2, Relaxed),
            };
        }
    }
}
