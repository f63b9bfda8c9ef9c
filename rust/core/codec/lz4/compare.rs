// SPDX-License-Identifier: GPL-2.0
//! A page beside the LZ4 block of a page, without decoding it.
//!
//! Literals are compared with the page's bytes, and a match is one of the page with itself: whether
//! it overlaps what it repeats makes no difference.
#![forbid(unsafe_code)]

use super::super::raw::{Echo, Nibble, Place, Run, Sink, Window};
use super::sequences::{visit, Match, Outcome, Visitor};
use super::{MATCH_END, MIN_MATCH, MORE};

/// Whether `block` decodes to exactly `page`. If it is no LZ4 block of a page, it does not.
///
/// If the page changes meanwhile, the answer is about no state it was ever in.
pub fn equals<S: Sink>(block: &[u8], page: &S) -> bool {
    visit(block, &Reader(page)).is_some()
}

/// Compares the page with what it is shown: `None` says that they differ.
struct Reader<'a, S>(&'a S);

impl<S: Sink> Visitor for Reader<'_, S> {
    /// A word holds 8 of them.
    const SOME_LITERALS: usize = 9 << 4;

    #[inline(always)]
    fn few_literals(&self, token: usize, from: Window<'_, 16>, to: Place<16>) -> Option<()> {
        let difference = self.block_difference(from.part::<0, 8>(), to.part::<0, 8>());
        same_bytes::<0>(difference, Nibble::upper(token).get())
    }

    #[inline(always)]
    fn some_literals(&self, token: usize, from: Window<'_, 16>, to: Place<16>) -> Option<()> {
        same(self.block_difference(from.part::<0, 8>(), to.part::<0, 8>()))?;
        let difference = self.block_difference(from.part::<8, 8>(), to.part::<8, 8>());
        same_bytes::<8>(difference, Nibble::upper(token).get())
    }

    #[inline(always)]
    fn literals(&self, run: Run<'_>) -> Option<()> {
        let Some(last) = run.last::<16>() else {
            return self
                .ends::<8>(run)
                .or_else(|| self.ends::<4>(run))
                .or_else(|| self.ends::<2>(run))
                .or_else(|| self.ends::<1>(run))
                .unwrap_or(Some(()));
        };
        let mut rest = run;
        while let (Some(first), Some(next)) = (rest.first::<16>(), rest.rest::<16>()) {
            self.same_literals(first)?;
            rest = next;
        }
        self.same_literals(last)
    }

    #[inline(always)]
    fn short_match<const BY: usize, const ROOM: usize>(
        &self,
        to: Place<ROOM>,
        offset: usize,
        more: Nibble,
    ) -> Option<Outcome> {
        let Some(from) = to.back(offset) else {
            return Some(Outcome::Odd);
        };
        let (from, to) = (from.part::<BY, 24>(), to.part::<BY, 24>());
        let length = MIN_MATCH + more.get();
        let difference = self.page_difference(from.part::<0, 8>(), to.part::<0, 8>());
        // Most matches end where nothing more is the same.
        if difference != 0 {
            return same_bytes::<0>(difference, length).map(|()| Outcome::Taken);
        }
        let difference = self.page_difference(from.part::<8, 8>(), to.part::<8, 8>());
        if difference != 0 {
            return same_bytes::<8>(difference, length).map(|()| Outcome::Taken);
        }
        if offset == 0 {
            return None;
        }
        if more.get() == MORE {
            return Some(Outcome::Long);
        }
        let difference = self.page_difference(from.part::<16, 8>(), to.part::<16, 8>());
        same_bytes::<16>(difference, length).map(|()| Outcome::Taken)
    }

    #[inline(always)]
    fn long_match(&self, to: Place<24>, offset: usize, rest: u32) -> Option<Place<0>> {
        // Its first 16 bytes are the same, or it would not be called long: steps of as many bytes
        // go as far as to the last 16.
        let to = to.part::<0, 0>();
        let steps_end = to.after(rest as usize).wrapping_add(MIN_MATCH);
        if steps_end > MATCH_END - MORE {
            return None;
        }
        let mut echo = Echo::<16>::new::<MIN_MATCH>(to, rest, offset)?;
        let (from, to) = echo.last();
        while let Some(next) = echo.next() {
            self.same_16(next.from(), next.to())?;
            echo = next;
        }
        self.same_16(from, to)?;
        Some(to.part::<16, 0>())
    }

    #[inline(always)]
    fn any_match(&self, found: Match) -> Option<Place<0>> {
        let (mut at, end) = (found.to.get(), found.end()?);
        while at < end {
            // Where a word has no room, one before it has, in the match as well.
            let to = Place::<8>::new(at.min(Place::<8>::LAST))?;
            let from = to.back(found.offset)?;
            let count = end.wrapping_sub(to.get()).min(8);
            same_bytes::<0>(self.page_difference(from, to), count)?;
            at = at.wrapping_add(8);
        }
        Place::new(end)
    }
}

impl<S: Sink> Reader<'_, S> {
    /// The difference between a word of the block and one of the page.
    #[inline(always)]
    fn block_difference(&self, from: Window<'_, 8>, to: Place<8>) -> u64 {
        self.word(to).wrapping_sub(u64::from_le_bytes(from.get()))
    }

    /// The difference between two words of the page.
    #[inline(always)]
    fn page_difference(&self, from: Place<8>, to: Place<8>) -> u64 {
        self.word(to).wrapping_sub(self.word(from))
    }

    #[inline(always)]
    fn word(&self, at: Place<8>) -> u64 {
        u64::from_le_bytes(self.0.get(at))
    }

    #[inline(always)]
    fn same_literals(&self, (from, to): (Window<'_, 16>, Place<16>)) -> Option<()> {
        same(self.block_difference(from.part::<0, 8>(), to.part::<0, 8>()))?;
        same(self.block_difference(from.part::<8, 8>(), to.part::<8, 8>()))
    }

    /// Compares the first `COUNT` bytes and the last `COUNT`, if there are as many.
    #[inline(always)]
    fn ends<const COUNT: usize>(&self, run: Run<'_>) -> Option<Option<()>> {
        let (from, to) = run.first::<COUNT>()?;
        let (last, end) = run.last::<COUNT>()?;
        let same = from.get() == self.0.get(to) && last.get() == self.0.get(end);
        Some(same.then_some(()))
    }

    #[inline(always)]
    fn same_16(&self, from: Place<16>, to: Place<16>) -> Option<()> {
        same(self.page_difference(from.part::<0, 8>(), to.part::<0, 8>()))?;
        same(self.page_difference(from.part::<8, 8>(), to.part::<8, 8>()))
    }
}

#[inline(always)]
fn same(difference: u64) -> Option<()> {
    (difference == 0).then_some(())
}

/// Whether the first `count` bytes are the same, by the difference of the 8 after `KNOWN`. It is one
/// by subtraction: no less than by exclusive or, its lowest bytes are zero as far as these are the
/// same, and the compiler does not compare again.
#[inline(always)]
fn same_bytes<const KNOWN: usize>(difference: u64, count: usize) -> Option<()> {
    same(difference & MASKS[PADDING - KNOWN + count])
}

/// The first `n` bytes of a word, by `PADDING + n`.
const MASKS: [u64; PADDING + MIN_MATCH + MORE + 1] = {
    let mut masks = [0; PADDING + MIN_MATCH + MORE + 1];
    let mut at = PADDING + 1;
    while at < masks.len() {
        masks[at] = (masks[at - 1] << 8) | 0xff;
        at += 1;
    }
    masks
};
const PADDING: usize = 16;
