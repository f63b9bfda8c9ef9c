// SPDX-License-Identifier: GPL-2.0
//! Pages that leave a pool for a disk, the ones first that nobody asked for.
//!
//! No locks but an index's and the store's, for one page at a time.
#![forbid(unsafe_code)]

use super::{index::Position, Handle, Pool};
use crate::{
    core::policy::{aging::AgingClock, Replacement, Verdict},
    ffi::page::Page,
    store::{Copied, Counter},
};

/// How often a page gets older while as many pages are put as there are: so those that were put, or
/// asked for, in the last quarter of that time are young.
const AGINGS: u64 = 4;

/// Pages that get older at once.
const MOST_AGED: u64 = 8192;

/// Who goes round a pool: one hand has pages get older as others come, another finds the old ones.
pub struct Cold {
    hand: Position,
    clock: AgingClock,
    aging: Position,
    puts: u64,
}

impl Cold {
    /// At the beginning.
    pub const fn new() -> Self {
        Self {
            hand: Position::START,
            clock: AgingClock::new(),
            aging: Position::START,
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
                let older = |age: u8| Verdict::Stays(age.saturating_add(1));
                self.store.hold(content).leaves(older)
            });
        }
    }

    /// Copies the next page that is to leave to `page`. It leaves by [`Pool::leaves`], or stays by
    /// [`Pool::stays`]. Does not sleep. [`None`] when there is none to find in some hundred steps.
    pub fn next_cold(&self, cold: &mut Cold, page: &Page<'_>) -> Option<(Handle, Copied)> {
        for _ in 0..AgingClock::PATIENCE {
            let position = self.next_round(&mut cold.hand)?;
            let handle = position.handle();
            let clock = &mut cold.clock;
            let verdict = |age| match clock.verdict(age) {
                Verdict::Leaves => Verdict::Leaves,
                // The other hand has it get older.
                Verdict::Stays(_) => Verdict::Stays(age),
            };
            let copy = |content: &_| self.store.copy(content, verdict, page);
            if let Some(copied) = self.index.with(&handle, copy).flatten() {
                return Some((handle, copied));
            }
        }
        None
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
        let (content, change) = self.index.take_if(handle, |content| {
            let same = copied.is_of(content);
            if same {
                leaves();
            }
            same
        });
        let left = content.is_some();
        if let Some(content) = content {
            self.gave_up(content, change);
            self.counters.add(Counter::WrittenBack, 1);
        }
        self.store.copied(copied);
        left
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
