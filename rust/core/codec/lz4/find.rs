// SPDX-License-Identifier: GPL-2.0
//! Where the page repeats itself.
#![forbid(unsafe_code)]

use super::super::raw::{Pos, Slot, Source, Table};
use super::{MATCH_END, MIN_MATCH};
use core::num::NonZeroU64;

/// Probes between two looks at the end of the page.
const ROUND: usize = 8;
/// The same until the first match.
const FIRST_ROUND: usize = 4;

/// A place and an earlier one, where at least [`MIN_MATCH`] bytes are the same.
#[derive(Clone, Copy)]
pub(super) struct Match {
    pub(super) at: Pos,
    pub(super) candidate: Pos,
}

impl Match {
    /// The same match, begun as early as the bytes before it allow, but not before `start`.
    #[inline(always)]
    pub(super) fn extended_back<S: Source>(self, page: &S, start: Pos) -> Self {
        match self.one_back(page, start) {
            Some(longer) => longer.extended_further_back(page, start),
            None => self,
        }
    }

    /// Apart, because it is rare and would cost its caller registers.
    #[inline(never)]
    fn extended_further_back<S: Source>(mut self, page: &S, start: Pos) -> Self {
        while let Some(longer) = self.one_back(page, start) {
            self = longer;
        }
        self
    }

    #[inline(always)]
    fn one_back<S: Source>(self, page: &S, start: Pos) -> Option<Self> {
        if self.at.get() <= start.get() {
            return None;
        }
        let (at, candidate) = (self.at.previous()?, self.candidate.previous()?);
        (page.load8(at) == page.load8(candidate)).then_some(Self { at, candidate })
    }

    /// How many bytes more than [`MIN_MATCH`] are the same, if that is less than a word.
    #[inline(always)]
    pub(super) fn few_more<S: Source>(self, page: &S) -> Option<usize> {
        first_difference(
            page.load64::<MIN_MATCH>(self.at),
            page.load64::<MIN_MATCH>(self.candidate),
        )
    }

    /// How many bytes more than [`MIN_MATCH`] are the same, the first `KNOWN` bytes being known.
    #[inline(always)]
    pub(super) fn more<S: Source, const KNOWN: usize>(self, page: &S) -> usize {
        let end = common_end(page, self.at.after(KNOWN), self.candidate.after(KNOWN));
        end.wrapping_sub(self.at.after(MIN_MATCH))
    }

    /// The end of the match, if `more` bytes than [`MIN_MATCH`] are the same.
    #[inline(always)]
    pub(super) fn end(self, more: usize) -> usize {
        self.at.after(MIN_MATCH).wrapping_add(more)
    }

    /// How far back the candidate is. It is not back if the page has changed since a match was
    /// extended back, so that it ends before places that are remembered already.
    #[inline(always)]
    pub(super) fn offset(self) -> Option<usize> {
        (self.candidate.get() < self.at.get()).then(|| self.at.since(self.candidate))
    }
}

/// The end of what the bytes from `a` have in common with those from the earlier `b`.
#[inline(never)]
fn common_end<S: Source>(page: &S, mut a: usize, mut b: usize) -> usize {
    while let (Some(x), Some(y)) = (Pos::new(a), Pos::new(b)) {
        if let Some(same) = first_difference(page.load64::<0>(x), page.load64::<0>(y)) {
            return x.after(same).min(MATCH_END);
        }
        if let Some(same) = first_difference(page.load64::<8>(x), page.load64::<8>(y)) {
            return x.after(8 + same).min(MATCH_END);
        }
        (a, b) = (x.after(16), y.after(16));
    }
    while a < MATCH_END && page.byte(a) == page.byte(b) {
        (a, b) = (a + 1, b.wrapping_add(1));
    }
    a.min(MATCH_END)
}

/// The index of the first byte that differs. The lowest bit of the difference is that of the
/// exclusive or, but the compiler tests it without comparing again.
#[inline(always)]
fn first_difference(a: u64, b: u64) -> Option<usize> {
    NonZeroU64::new(a.wrapping_sub(b)).map(|difference| (difference.trailing_zeros() >> 3) as usize)
}

/// The search. `NUMBERS` has it hash 5 bytes and not 4: small numbers and pointers have many
/// short matches that are not worth their tokens.
pub(super) struct Finder<'a, S, const NUMBERS: bool> {
    page: &'a S,
    table: Table<'a>,
}

impl<'a, S: Source, const NUMBERS: bool> Finder<'a, S, NUMBERS> {
    #[inline(always)]
    pub(super) fn new(page: &'a S, table: Table<'a>) -> Self {
        Self { page, table }
    }

    /// Remembers `at`; gives the place remembered under the same hash before.
    #[inline(always)]
    pub(super) fn insert(&mut self, at: Pos) -> Pos {
        let slot = if NUMBERS {
            Slot::of_five_bytes(self.page.load64::<0>(at))
        } else {
            Slot::of_four_bytes(self.page.load32(at))
        };
        self.table.replace(slot, at)
    }

    /// Remembers `at`; gives an earlier place where the same [`MIN_MATCH`] bytes are.
    #[inline(always)]
    pub(super) fn probe(&mut self, at: Pos) -> Option<Pos> {
        let candidate = self.insert(at);
        (self.page.load32(candidate) == self.page.load32(at)).then_some(candidate)
    }

    /// Probes `COUNT` places from `first`; `None` if they are too near to the page's end.
    #[inline(always)]
    fn round<const COUNT: usize>(&mut self, first: usize) -> Option<Option<Match>> {
        for at in Pos::row::<COUNT>(first)? {
            if let Some(candidate) = self.probe(at) {
                return Some(Some(Match { at, candidate }));
            }
        }
        Some(None)
    }

    /// The first match of the page. The rounds are farther and farther apart, which makes a page of
    /// noise cheap, and costs others little: the match is extended back.
    #[inline(always)]
    pub(super) fn first(&mut self) -> Option<Match> {
        // Not from 0, which is in every slot of a cleared table.
        let mut at = 1;
        while let Some(found) = self.round::<FIRST_ROUND>(at) {
            if found.is_some() {
                return found;
            }
            at += FIRST_ROUND + (at >> 4);
        }
        None
    }

    /// The next match after `start`, where there is none. After 64 bytes places are left out.
    #[inline(always)]
    pub(super) fn next(&mut self, start: Pos) -> Option<Match> {
        let mut at = start.after(1);
        while let Some(found) = self.round::<ROUND>(at) {
            if found.is_some() {
                return found;
            }
            at += ROUND + 2 * (at.wrapping_sub(start.get()) >> 6);
        }
        while let Some(found) = self.round::<1>(at) {
            if found.is_some() {
                return found;
            }
            at += 1;
        }
        None
    }
}
