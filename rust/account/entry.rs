// SPDX-License-Identifier: GPL-2.0
//! One account.
#![forbid(unsafe_code)]

use super::{press::Kind, Owner};
use crate::core::limits;
use core::sync::atomic::{
    AtomicBool, AtomicI64, AtomicU16, AtomicU32, AtomicU64,
    Ordering::{Relaxed, SeqCst},
};

/// What is counted of an account.
#[derive(Clone, Copy)]
pub enum Count {
    /// Pages held, and those that are just put.
    Pages,
    /// Bytes of contents: each once, or for each page of [`super::super::store::Sharing::Global`].
    CompressedBytes,
    /// Bytes of contents that no other account holds, each once.
    ResidentBytes,
    /// Puts accepted.
    Puts,
    /// Gets of pages that it holds.
    Gets,
    /// Bytes that contents would take besides, were equal pages not kept once.
    SavedBytes,
    /// Pages held that may be dropped at any time.
    EphemeralPages,
    /// Puts refused.
    PutsRefused,
    /// Gets of nothing.
    GetsMissed,
    /// Pages that left to make room.
    Evictions,
    /// Bytes written to disk to make room.
    WrittenBackBytes,
    /// Nanoseconds of work about its pages in the background.
    WorkNs,
}

const COUNTS: usize = Count::WorkNs as usize + 1;

/// Surveys.
const LAST: usize = 0;
const NEXT: usize = 1;

/// Nobody's number: the parent of the root's, and of one whose place is not known yet.
const NOBODY: u32 = u32::MAX;

/// An account. By the language's atomics, of which each is an instruction: the kernel crate's are a
/// call.
#[repr(align(64))]
pub(super) struct Entry {
    /// Bytes that were taken from those above and that no page needs yet.
    stock: AtomicI64,
    counts: [AtomicI64; COUNTS],
    /// Whose limit was reached, when it was.
    full: AtomicU32,
    parent: AtomicU32,
    limit: AtomicU64,
    used: AtomicU64,
    reserve: AtomicU64,
    weight: AtomicU16,
    marked: AtomicBool,
    stalled: AtomicBool,
    /// Until when nothing of it is written, in nanoseconds of the machine's clock.
    rests_until: AtomicU64,
    /// Bytes that nobody asked for in a while, and those of the round that is under way.
    idle: AtomicU64,
    idle_next: AtomicU64,
    below: [Surveyed; 2],
}

/// What an account and all under it have: at the last survey, and in the one that is under way.
struct Surveyed {
    ephemeral: AtomicU64,
    all: AtomicU64,
    idle: AtomicU64,
}

impl Entry {
    pub(super) fn new() -> Self {
        Self {
            stock: AtomicI64::new(0),
            counts: [const { AtomicI64::new(0) }; COUNTS],
            full: AtomicU32::new(NOBODY),
            parent: AtomicU32::new(NOBODY),
            limit: AtomicU64::new(limits::NONE),
            used: AtomicU64::new(0),
            reserve: AtomicU64::new(0),
            weight: AtomicU16::new(0),
            marked: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
            rests_until: AtomicU64::new(0),
            idle: AtomicU64::new(0),
            idle_next: AtomicU64::new(0),
            below: [const { Surveyed::new() }; 2],
        }
    }

    #[inline]
    pub(super) fn add(&self, count: Count, by: i64) {
        if by != 0 {
            self.counts[count as usize].fetch_add(by, Relaxed);
        }
    }

    /// Never negative: at any moment it is what somebody holds.
    pub(super) fn get(&self, count: Count) -> u64 {
        self.counts[count as usize]
            .load(Relaxed)
            .max(0)
            .unsigned_abs()
    }

    /// One more page, so that the account stays. Ordered before the caller's next look at whose it
    /// is.
    #[inline]
    pub(super) fn pin(&self) {
        self.counts[Count::Pages as usize].fetch_add(1, SeqCst);
    }

    #[inline]
    pub(super) fn unpin(&self) {
        self.counts[Count::Pages as usize].fetch_sub(1, SeqCst);
    }

    /// Whether no page holds it.
    pub(super) fn is_unused(&self) -> bool {
        self.counts[Count::Pages as usize].load(SeqCst) == 0
    }

    /// Puts bytes into the stock, or takes them; what is in it then.
    #[inline]
    pub(super) fn restock(&self, bytes: i64) -> i64 {
        self.stock.fetch_add(bytes, Relaxed).wrapping_add(bytes)
    }

    pub(super) fn stock(&self) -> i64 {
        self.stock.load(Relaxed)
    }

    /// Takes what is in the stock beyond `keep`.
    pub(super) fn take_stock_beyond(&self, keep: i64) -> u64 {
        let spare = |stock: i64| (stock > keep).then_some(keep);
        match self.stock.fetch_update(Relaxed, Relaxed, spare) {
            Ok(stock) => stock.saturating_sub(keep).unsigned_abs(),
            Err(_) => 0,
        }
    }

    /// Whose limit was reached, its own or one's above.
    #[inline]
    pub(super) fn full(&self) -> Option<u16> {
        u16::try_from(self.full.load(Relaxed)).ok()
    }

    pub(super) fn set_full(&self, whose: u16) {
        self.full.store(whose.into(), Relaxed);
    }

    pub(super) fn set_not_full(&self) {
        self.full.store(NOBODY, Relaxed);
    }

    pub(super) fn parent(&self) -> Option<u16> {
        u16::try_from(self.parent.load(Relaxed)).ok()
    }

    pub(super) fn set_parent(&self, parent: Owner) {
        self.parent.store(parent.0.into(), Relaxed);
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit.load(Relaxed)
    }

    pub(super) fn set_limit(&self, bytes: u64) {
        self.limit.store(bytes, Relaxed);
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    pub(super) fn set_used(&self, bytes: u64) {
        self.used.store(bytes, Relaxed);
    }

    pub(super) fn reserve(&self) -> u64 {
        self.reserve.load(Relaxed)
    }

    pub(super) fn weight(&self) -> u16 {
        self.weight.load(Relaxed).max(1)
    }

    pub(super) fn set_share(&self, weight: u16, reserve: u64) {
        self.weight.store(weight, Relaxed);
        self.reserve.store(reserve, Relaxed);
    }

    pub(super) fn is_marked(&self) -> bool {
        self.marked.load(Relaxed)
    }

    pub(super) fn set_marked(&self, marked: bool) {
        self.marked.store(marked, Relaxed);
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Relaxed)
    }

    pub(super) fn set_stalled(&self, stalled: bool) {
        self.stalled.store(stalled, Relaxed);
    }

    pub(super) fn rests_until(&self) -> u64 {
        self.rests_until.load(Relaxed)
    }

    pub(super) fn set_rests_until(&self, time: u64) {
        self.rests_until.store(time, Relaxed);
    }

    pub(super) fn idle(&self) -> u64 {
        self.idle.load(Relaxed)
    }

    pub(super) fn saw_idle(&self, bytes: u64) {
        self.idle_next.fetch_add(bytes, Relaxed);
    }

    pub(super) fn end_round(&self) {
        self.idle.store(self.idle_next.swap(0, Relaxed), Relaxed);
    }

    /// Pages of it and all under it, at the last survey.
    pub(super) fn evictable(&self, kind: Kind) -> u64 {
        let last = &self.below[LAST];
        match kind {
            Kind::Ephemeral => last.ephemeral.load(Relaxed),
            Kind::Any => last.all.load(Relaxed),
        }
    }

    /// It has a page, if it had none at the last survey; and `ephemeral` ones, 1 or none.
    pub(super) fn has_some(&self, ephemeral: u64) {
        let last = &self.below[LAST];
        last.ephemeral.fetch_max(ephemeral, Relaxed);
        last.all.fetch_max(1, Relaxed);
    }

    /// Idle bytes of it and all under it, at the last survey.
    pub(super) fn idle_below(&self) -> u64 {
        self.below[LAST].idle.load(Relaxed)
    }

    pub(super) fn begin_survey(&self) {
        self.below[NEXT].set([0; 3]);
    }

    pub(super) fn survey(&self, ephemeral: u64, all: u64, idle: u64) {
        let next = &self.below[NEXT];
        next.ephemeral.fetch_add(ephemeral, Relaxed);
        next.all.fetch_add(all, Relaxed);
        next.idle.fetch_add(idle, Relaxed);
    }

    pub(super) fn end_survey(&self) {
        self.below[LAST].set(self.below[NEXT].get());
    }

    /// As it was when new. Its pages are none already: who pins it just now is about to see that it
    /// closes, and takes that back.
    pub(super) fn reset(&self) {
        let others = self.counts.iter().skip(Count::Pages as usize + 1);
        others.for_each(|count| count.store(0, Relaxed));
        self.set_not_full();
        self.parent.store(NOBODY, Relaxed);
        self.limit.store(limits::NONE, Relaxed);
        self.used.store(0, Relaxed);
        self.stock.store(0, Relaxed);
        self.set_share(0, 0);
        self.set_rests_until(0);
        self.idle.store(0, Relaxed);
        self.idle_next.store(0, Relaxed);
        self.below.iter().for_each(|survey| survey.set([0; 3]));
    }
}

impl Surveyed {
    const fn new() -> Self {
        Self {
            ephemeral: AtomicU64::new(0),
            all: AtomicU64::new(0),
            idle: AtomicU64::new(0),
        }
    }

    fn get(&self) -> [u64; 3] {
        [&self.ephemeral, &self.all, &self.idle].map(|value| value.load(Relaxed))
    }

    fn set(&self, values: [u64; 3]) {
        for (to, value) in [&self.ephemeral, &self.all, &self.idle].iter().zip(values) {
            to.store(value, Relaxed);
        }
    }
}
