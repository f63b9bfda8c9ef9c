// SPDX-License-Identifier: GPL-2.0
//! Pages that leave a pool for a disk, the ones first that are worth least.
//!
//! No locks but an index's and the store's, for one page at a time.
#![forbid(unsafe_code)]

use super::{followed::Followed, index::Position, Handle, Pool};
use crate::{
    account::{Count, Owner},
    core::{
        policy::{
            least::{Least, Valued},
            lifetimes::Worths,
        },
        size::PAGE_BYTES,
        totals,
    },
    ffi::{clock, machine, page::Page},
    store::{Content, Copied, Counter},
};
use kernel::prelude::*;

/// Of all pages, or the next ones of a large pool, a part is chosen at once, to leave one after the other; no more than there is room
/// for.
const SEARCHED: u64 = 1 << 19;
const PART: u64 = 8;
const ROOM_PART: u64 = 64;
const ROOM: (u64, u64) = (512, 1 << 16);

/// Pages that are looked at between two looks at who else wants the CPU.
const PACE: u64 = 1024;

/// A search that found none rests for so many times what it took.
const REST: u64 = 4;

/// A page is old if as many pages were put since as this part of all.
const OLD: u64 = 4;

/// Pages that are looked at in search of an old one.
const MOST_PASSED: usize = 512;

/// A page that is to leave.
pub enum Found {
    /// A disk below has it as well: it leaves by [`Pool::clean_leaves`].
    Clean(Handle),
    /// It was copied: it leaves by [`Pool::leaves`], or stays by [`Pool::stays`] or
    /// [`Pool::cleaned`].
    Copied(Handle, Copied),
}

/// A page that was chosen, and when it came or was last asked for.
type Chosen = (Handle, u16);

/// Those that leave next, and who goes round a pool in search of those that may soon.
pub struct Cold {
    chosen: Least<KVVec<Valued<Chosen>>>,
    /// When the next search may begin, in nanoseconds.
    rests_until: u64,
    hand: Position,
    early: Position,
    clean: Position,
}

impl Cold {
    /// None yet, of no more than `pages`. May sleep. ENOMEM.
    pub fn new(pages: u64) -> Result<Self> {
        let none = Valued {
            worth: 0,
            page: (Handle::default(), 0),
        };
        Ok(Self {
            chosen: Least::new(KVVec::from_elem(none, room(pages), GFP_KERNEL)?),
            rests_until: 0,
            hand: Position::START,
            early: Position::START,
            clean: Position::START,
        })
    }

    /// Bytes of memory that it takes to know which of so many pages leave.
    pub fn bytes(pages: u64) -> u64 {
        let chosen = (room(pages) as u64).saturating_mul(size_of::<Valued<Chosen>>() as u64);
        chosen.saturating_add(Followed::BYTES)
    }
}

/// How many are chosen at once, at most.
fn room(pages: u64) -> usize {
    (pages / ROOM_PART).clamp(ROOM.0, ROOM.1) as usize
}

impl Pool {
    /// Estimates for how many pages there is room: what they are worth depends on it. Does not sleep.
    pub fn estimate_room(&self) {
        let pages = self.counters.sum(Counter::Pages);
        let part = |most: u64, held: u64| totals::share(most, pages, held);
        let all = part(self.store.policy().max_bytes(), self.store.held());
        let room = match self.limit.bytes() {
            0 => all,
            limit => all.min(part(limit, self.used_bytes())),
        };
        if let Some(followed) = &self.followed {
            followed.set_room(room);
        }
    }

    /// The next page that is to leave, of the accounts that are `wanted`; without a `page` to copy to, one
    /// that a disk below has as well. [`None`] when there is none. May sleep.
    pub fn next_cold(
        &self,
        cold: &mut Cold,
        wanted: impl Fn(Owner) -> bool,
        page: Option<&Page<'_>>,
    ) -> Option<Found> {
        for chosen in [false, true] {
            if chosen && clock::now() >= cold.rests_until {
                self.choose(cold, &wanted, page.is_none());
            }
            while let Some((handle, came)) = cold.chosen.take() {
                let found = self.look(*handle, &wanted, |now| now == *came, page);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Looks at pages for those that are worth least.
    fn choose(&self, cold: &mut Cold, wanted: impl Fn(Owner) -> bool, only_clean: bool) {
        let begin = clock::now();
        cold.chosen.clear();
        let Some(worths) = self.followed.as_ref().map(|followed| followed.worths()) else {
            return;
        };
        let all = self.counters.sum(Counter::Pages).min(SEARCHED);
        let most = all.div_ceil(PART) as usize;
        for passed in 1..=all {
            let Some(position) = self.next_round(&mut cold.hand) else {
                break;
            };
            if let Some(valued) = self.value(position.handle(), &worths, &wanted, only_clean) {
                cold.chosen.offer(valued, most);
            }
            if passed % PACE == 0 {
                machine::cond_resched();
            }
        }
        cold.chosen.sort();
        if cold.chosen.is_empty() {
            let end = clock::now();
            let took = end.saturating_sub(begin);
            cold.rests_until = end.saturating_add(took.saturating_mul(REST));
        }
    }

    /// What it is worth to keep the page under `handle`, if it may leave.
    fn value(
        &self,
        handle: Handle,
        worths: &Worths,
        wanted: impl Fn(Owner) -> bool,
        only_clean: bool,
    ) -> Option<Valued<Chosen>> {
        let mut known = None;
        self.index.with_clean(&handle, |content, is_clean| {
            if wanted(content.owner()) && (is_clean || !only_clean) {
                known = self.store.came(content);
            }
            is_clean
        });
        known.map(|(came, bytes)| Valued {
            worth: worths.of(came, bytes),
            page: (handle, came),
        })
    }

    /// The next page, of an owner that is `wanted`, that is old and on no disk below, copied to `page`.
    /// Does not sleep. [`None`] when there is none to find in some hundred steps.
    pub fn next_old(
        &self,
        cold: &mut Cold,
        wanted: impl Fn(Owner) -> bool,
        page: &Page<'_>,
    ) -> Option<(Handle, Copied)> {
        let is_old = self.is_old(OLD);
        for _ in 0..MOST_PASSED {
            let position = self.next_round(&mut cold.early)?;
            let found = self.look(position.handle(), &wanted, is_old, Some(page));
            if let Some(Found::Copied(handle, copied)) = found {
                return Some((handle, copied));
            }
        }
        None
    }

    /// The next page that is old and on a disk below as well. Does not sleep. [`None`] when there is none to
    /// find in some hundred steps.
    pub fn next_old_clean(&self, cold: &mut Cold) -> Option<Handle> {
        let is_old = self.is_old(OLD);
        for _ in 0..MOST_PASSED {
            let position = self.next_round(&mut cold.clean)?;
            let found = self.look(position.handle(), |_| true, is_old, None);
            if let Some(Found::Clean(handle)) = found {
                return Some(handle);
            }
        }
        None
    }

    /// What is under `handle`, if that is wanted and `leaves`: a page that a disk below has, or one
    /// copied to `page`, if there is one.
    fn look(
        &self,
        handle: Handle,
        wanted: impl Fn(Owner) -> bool,
        leaves: impl FnOnce(u16) -> bool,
        page: Option<&Page<'_>>,
    ) -> Option<Found> {
        let mut found = None;
        self.index.with_clean(&handle, |content, is_clean| {
            found = if !wanted(content.owner()) {
                None
            } else if is_clean {
                let came = self.store.hold(content).came();
                came.is_none_or(|(came, _)| leaves(came))
                    .then_some(Found::Clean(handle))
            } else {
                let copied = page.and_then(|page| self.store.copy(content, leaves, page));
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

    /// Whether more than so many thirty-seconds of what the pool may hold, or all pools may, is held.
    pub fn is_fuller_than(&self, parts: u64) -> bool {
        let over = |held: u64, most: u64| held > most / 32 * parts;
        let limit = self.limit.bytes();
        (limit != 0 && over(self.used_bytes(), limit))
            || over(self.store.held(), self.store.policy().max_bytes())
    }
}
