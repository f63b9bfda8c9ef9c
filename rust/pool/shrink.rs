// SPDX-License-Identifier: GPL-2.0
//! Memory that the kernel may have back at any time: ephemeral pages.
//!
//! From below, in the middle of anybody's allocation: so `state` is only tried, and where somebody
//! has it the kernel is told to look elsewhere. What is counted is memory that was freed, not pages
//! that were dropped: several of them share a page of the arena.
#![forbid(unsafe_code)]

use super::{
    pools::Pools,
    room::{evict, MOST_PASSED},
};
use crate::{
    core::{size::PAGE_BYTES, totals},
    ffi::{machine, shrinker::Shrink},
    store::{Counter, Store},
};
use kernel::sync::atomic::ordering::Relaxed;

impl Shrink for Pools {
    fn count(&self) -> usize {
        self.reclaimable.load(Relaxed).max(0) as usize
    }

    fn scan(&self, pages: usize) -> Option<usize> {
        let mut state = self.state.try_lock()?;
        let store = state.store.clone()?;
        let before = store.tier().bytes();
        evict(&mut state, pages.min(MOST_PASSED));
        store.tier().compact();
        let freed = before.saturating_sub(store.tier().bytes());
        self.tell_reclaimable(Some(&store));
        Some((freed / PAGE_BYTES) as usize)
    }
}

impl Pools {
    /// Tells the kernel how much it may have back (`KReclaimable`, `MemAvailable`). Any context.
    pub(super) fn tell_reclaimable(&self, store: Option<&Store>) {
        let pages = store.map_or(0, reclaimable_pages) as i64;
        let before = self.reclaimable.xchg(pages, Relaxed);
        if before != pages {
            machine::add_reclaimable_pages(pages.wrapping_sub(before));
        }
    }
}

/// The part of the arena that is ephemeral pages.
fn reclaimable_pages(store: &Store) -> u64 {
    let (ephemeral, all) = (
        store.counted(Counter::EphemeralBytes),
        store.counted(Counter::StoredBytes),
    );
    totals::share(store.tier().bytes(), ephemeral, all) / PAGE_BYTES
}
