// SPDX-License-Identifier: GPL-2.0
//! Pages that leave a pool for a disk, the ones first that nobody asked for.
//!
//! No locks but an index's and the store's, for one page at a time.
#![forbid(unsafe_code)]

use super::{index::Position, Handle, Pool};
use crate::{
    account::{Count, Owner},
    core::{
        policy::{
            aging::{self, AgingClock},
            Replacement, Verdict,
        },
        size::PAGE_BYTES,
    },
    ffi::page::Page,
    store::{Content, Copied, Counter},
};

/// How often a page gets older while as many pages are put as there are: so those that were put, or
/// asked for, in the last quarter of that time are young.
const AGINGS: u64 = 4;

/// Pages that get older at once.
const MOST_AGED: u64 = 8192;

/// A page of this age is written early: half as many were put since as there are.
const OLD: u8 = 2;

/// Pages that are looked at in search of an old one.
const MOST_PASSED: usize = 512;

/// Whether a page leaves early, or when the kernel wants memory.
fn old_leaves(age: u8, _: usize) -> Verdict {
    match age {
        OLD.. => Verdict::Leaves,
        _ => Verdict::Stays(age),
    }
}

/// A page that is to leave.
pub enum Found {
    /// A disk below has it as well: it leaves by [`Pool::clean_leaves`].
    Clean(Handle),
    /// It was copied: it leaves by [`Pool::leaves`], or stays by [`Pool::stays`] or
    /// [`Pool::cleaned`].
    Copied(Handle, Copied),
}

/// Who goes round a pool: one hand has pages get older as others come, another finds those that leave, and a
/// third those that may soon.
pub struct Cold {
    hand: Position,
    clock: AgingClock,
    aging: Position,
    early: Position,
    puts: u64,
}

impl Cold {
    /// At the beginning.
    pub const fn new() -> Self {
        Self {
            hand: Position::START,
            clock: AgingClock::new(),
            aging: Position::START,
            early: Position::START,
            puts: 0,
        }
    }
}

impl Pool {
    /// Has pages get older, more of them the more were put since the last time. Does not sleep.
    pub fn age(&self, cold: &mut Cold) {
        let puts = self.counters.sum(Counter::Puts);
        let new = puts.saturating_sub(cold.puts).saturating_mul(AGINGS);
        cold.puts = puts;
        for _ in 0..new.min(MOST_AGED) {
            let Some(position) = self.next_round(&mut cold.aging) else {
                return;
            };
            self.index.with(&position.handle(), |content| {
                let older = |age: u8, _| Verdict::Stays(age.saturating_add(1));
                self.store.hold(content).leaves(older)
            });
        }
    }

    /// The next page that is to leave, of the accounts that are `wanted`; without a `page` to copy to, one
    /// that a disk below has as well. Does not sleep. [`None`] when there is none to find in some hundred steps.
    pub fn next_cold(
        &self,
        cold: &mut Cold,
        wanted: impl Fn(Owner) -> bool,
        page: Option<&Page<'_>>,
    ) -> Option<Found> {
        for _ in 0..AgingClock::PATIENCE {
            let position = self.next_round(&mut cold.hand)?;
            let clock = &mut cold.clock;
            let verdict = |age, bytes| match clock.verdict(aging::by_size(age, bytes)) {
                Verdict::Leaves => Verdict::Leaves,
                // The other hand has it get older.
                Verdict::Stays(_) => Verdict::Stays(age),
            };
            let found = self.look(position.handle(), &wanted, verdict, page);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// The next page, of an owner that is `wanted`, that is old and on no disk below, copied to `page`.
    /// Does not sleep. [`None`] when there is none to find in some hundred steps.
    pub fn next_old(
        &self,
        cold: &mut Cold,
        wanted: impl Fn(Owner) -> bool,
        page: &Page<'_>,
    ) -> Option<(Handle, Copied)> {
        for _ in 0..MOST_PASSED {
            let position = self.next_round(&mut cold.early)?;
            let found = self.look(position.handle(), &wanted, old_leaves, Some(page));
            if let Some(Found::Copied(handle, copied)) = found {
                return Some((handle, copied));
            }
        }
        None
    }

    /// The next page that is old and on a disk below as well. Does not sleep. [`None`] when there is none to
    /// find in some hundred steps.
    pub fn next_old_clean(&self, cold: &mut Cold) -> Option<Handle> {
        for _ in 0..MOST_PASSED {
            let position = self.next_round(&mut cold.hand)?;
            let found = self.look(position.handle(), |_| true, old_leaves, None);
            if let Some(Found::Clean(handle)) = found {
                return Some(handle);
            }
        }
        None
    }

    /// What is under `handle`, if that is wanted and leaves: a page that a disk below has, or one
    /// copied to `page`, if there is one.
    fn look(
        &self,
        handle: Handle,
        wanted: impl Fn(Owner) -> bool,
        verdict: impl FnOnce(u8, usize) -> Verdict,
        page: Option<&Page<'_>>,
    ) -> Option<Found> {
        let mut found = None;
        self.index.with_clean(&handle, |content, is_clean| {
            found = if !wanted(content.owner()) {
                None
            } else if is_clean {
                let leaves = self.store.hold(content).leaves(verdict);
                leaves.then_some(Found::Clean(handle))
            } else {
                let copied = page.and_then(|page| self.store.copy(content, verdict, page));
                copied.map(|copied| Found::Copied(handle, copied))
            };
            is_clean
        });
        found
    }

    /// A disk below has what was copied, if that is still there.
    pub fn cleaned(&self, handle: &Handle, copied: Copied) {
        self.index
            .with_clean(handle, |content, _| copied.is_of(content));
        self.store.copied(copied);
    }

    /// Takes a page away that a disk below has as well, and calls `leaves` in the same step. Whether
    /// it did. Does not sleep, nor must `leaves`.
    pub fn clean_leaves(&self, handle: &Handle, leaves: impl FnOnce()) -> bool {
        self.leaves_if(handle, |_, is_clean| is_clean, leaves)
    }

    /// The next page that a hand comes to; [`None`] when there are none.
    fn next_round(&self, hand: &mut Position) -> Option<Position> {
        let found = self.index.next(*hand);
        let position = found.or_else(|| self.index.next(Position::START))?;
        *hand = position.after();
        Some(position)
    }

    /// Whether what was copied is still under `handle`.
    pub fn still_has(&self, handle: &Handle, copied: &Copied) -> bool {
        self.index
            .with(handle, |content| copied.is_of(content))
            .unwrap_or(false)
    }

    /// Takes a page away that was copied, if it is still there, and calls `leaves` in the same step.
    /// Whether it did. Does not sleep, nor must `leaves`.
    pub fn leaves(&self, handle: &Handle, copied: Copied, leaves: impl FnOnce()) -> bool {
        let left = self.leaves_if(handle, |content, _| copied.is_of(content), leaves);
        self.store.copied(copied);
        left
    }

    fn leaves_if(
        &self,
        handle: &Handle,
        wanted: impl FnOnce(&Content, bool) -> bool,
        leaves: impl FnOnce(),
    ) -> bool {
        let (content, change) = self.index.take_if(handle, |content, is_clean| {
            let wanted = wanted(content, is_clean);
            if wanted {
                leaves();
            }
            wanted
        });
        content
            .map(|content| self.gave_up(content, change, self.counters.here()))
            .is_some()
    }

    /// Takes note that a page was written which was copied.
    pub fn was_written(&self, copied: &Copied) {
        self.counters.add(Counter::WrittenBack, 1);
        let (accounts, bytes) = (self.store.accounts(), PAGE_BYTES as i64);
        accounts
            .of(copied.owner())
            .tally(Count::WrittenBackBytes, bytes);
    }

    /// Lets a page stay that was copied.
    pub fn stays(&self, copied: Copied) {
        self.store.copied(copied);
    }

    /// Whether more than so many sixteenths of what the pool may hold, or all pools may, is held.
    pub fn is_fuller_than(&self, sixteenths: u64) -> bool {
        let over = |held: u64, most: u64| held > most / 16 * sixteenths;
        let limit = self.limit.bytes();
        (limit != 0 && over(self.used_bytes(), limit))
            || over(self.store.held(), self.store.policy().max_bytes())
    }
}
