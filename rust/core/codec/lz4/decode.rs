// SPDX-License-Identifier: GPL-2.0
//! One page out of the LZ4 block format.
//!
//! The page is written from its beginning to its end; what is written too much is written again, or
//! the block is refused. Short literals and matches are copied as words without asking how many; and
//! long ones by 32 bytes, with the last 32 once more where nothing may be written behind them.
#![forbid(unsafe_code)]

use super::super::raw::{Echo, Nibble, Place, Run, Sink, Window};
use super::sequences::{visit, Match, Outcome, Visitor, MANY_LITERALS};
use super::{MIN_MATCH, MORE};

/// Matches from so far back can be copied by words.
const WORD: usize = 8;

/// Decodes `block` into `page`; `None` if it is no LZ4 block of exactly a page, whose bytes are
/// then undefined.
///
/// They are undefined, too, if others write to the page meanwhile.
pub fn decode<S: Sink>(block: &[u8], page: &S) -> Option<()> {
    visit(block, &Writer(page))
}

/// Writes what it is shown.
struct Writer<'a, S>(&'a S);

impl<S: Sink> Visitor for Writer<'_, S> {
    const SOME_LITERALS: usize = MANY_LITERALS;

    #[inline(always)]
    fn few_literals(&self, _: usize, from: Window<'_, 16>, to: Place<16>) -> Option<()> {
        put_16(self.0, from, to);
        Some(())
    }

    #[inline(always)]
    fn some_literals(&self, _: usize, _: Window<'_, 16>, _: Place<16>) -> Option<()> {
        None
    }

    #[inline(always)]
    fn literals(&self, run: Run<'_>) -> Option<()> {
        put_run(self.0, run);
        Some(())
    }

    #[inline(always)]
    fn short_match<const BY: usize, const ROOM: usize>(
        &self,
        to: Place<ROOM>,
        offset: usize,
        more: Nibble,
    ) -> Option<Outcome> {
        if more.get() == MORE {
            return Some(Outcome::Long);
        }
        let (WORD.., Some(from)) = (offset, to.back(offset)) else {
            return Some(Outcome::Odd);
        };
        let (from, to) = (from.part::<BY, 18>(), to.part::<BY, 18>());
        copy::<S, 8>(self.0, from.part::<0, 8>(), to.part::<0, 8>());
        copy::<S, 8>(self.0, from.part::<8, 8>(), to.part::<8, 8>());
        copy::<S, 2>(self.0, from.part::<16, 2>(), to.part::<16, 2>());
        Some(Outcome::Taken)
    }

    #[inline(always)]
    fn long_match(&self, to: Place<24>, offset: usize, rest: u32) -> Option<Place<0>> {
        let (to, more) = (to.part::<0, 0>(), MORE as u32 + rest);
        repeat(self.0, Match { to, offset, more })
    }

    #[inline(always)]
    fn any_match(&self, found: Match) -> Option<Place<0>> {
        repeat_anywhere(self.0, found)
    }
}

#[inline(always)]
fn put<S: Sink, const COUNT: usize>(page: &S, from: Window<'_, COUNT>, to: Place<COUNT>) {
    page.put(to, from.get::<COUNT>());
}

#[inline(always)]
fn put_16<S: Sink>(page: &S, from: Window<'_, 16>, to: Place<16>) {
    put::<S, 8>(page, from.part::<0, 8>(), to.part::<0, 8>());
    put::<S, 8>(page, from.part::<8, 8>(), to.part::<8, 8>());
}

#[inline(always)]
fn put_32<S: Sink>(page: &S, from: Window<'_, 32>, to: Place<32>) {
    put_16(page, from.part::<0, 16>(), to.part::<0, 16>());
    put_16(page, from.part::<16, 16>(), to.part::<16, 16>());
}

/// Writes the bytes of `run`, and nothing behind them.
#[inline(always)]
fn put_run<S: Sink>(page: &S, mut run: Run<'_>) {
    let Some((last, end)) = run.last::<32>() else {
        let _ = put_ends::<S, 16>(page, run)
            .or_else(|| put_ends::<S, 8>(page, run))
            .or_else(|| put_ends::<S, 4>(page, run))
            .or_else(|| put_ends::<S, 2>(page, run))
            .or_else(|| put_ends::<S, 1>(page, run));
        return;
    };
    while let (Some((from, to)), Some(rest)) = (run.first(), run.rest::<32>()) {
        put_32(page, from, to);
        run = rest;
    }
    put_32(page, last, end);
}

/// Writes the first `COUNT` bytes of `run` and the last `COUNT`, if it has as many: all, if it has
/// not more than twice as many.
#[inline(always)]
fn put_ends<S: Sink, const COUNT: usize>(page: &S, run: Run<'_>) -> Option<()> {
    let (from, to) = run.first::<COUNT>()?;
    let (last, end) = run.last::<COUNT>()?;
    put(page, from, to);
    put(page, last, end);
    Some(())
}

#[inline(always)]
fn copy<S: Sink, const COUNT: usize>(page: &S, from: Place<COUNT>, to: Place<COUNT>) {
    page.put(to, page.get(from));
}

#[inline(always)]
fn copy_32<S: Sink>(page: &S, from: Place<32>, to: Place<32>) {
    copy::<S, WORD>(page, from.part::<0, WORD>(), to.part::<0, WORD>());
    copy::<S, WORD>(page, from.part::<8, WORD>(), to.part::<8, WORD>());
    copy::<S, WORD>(page, from.part::<16, WORD>(), to.part::<16, WORD>());
    copy::<S, WORD>(page, from.part::<24, WORD>(), to.part::<24, WORD>());
}

/// Writes a match, and perhaps a few bytes behind it; gives its end.
#[inline(always)]
fn repeat<S: Sink>(page: &S, found: Match) -> Option<Place<0>> {
    if found.offset >= WORD {
        if let Some(mut echo) = Echo::new::<MIN_MATCH>(found.to, found.more, found.offset) {
            loop {
                copy_32(page, echo.from(), echo.to());
                let Some(next) = echo.next() else {
                    return Some(echo.end());
                };
                echo = next;
            }
        }
    }
    repeat_anywhere(page, found)
}

/// The same for a match that is near to the page's end, or from less than a word back.
#[inline(always)]
fn repeat_anywhere<S: Sink>(page: &S, found: Match) -> Option<Place<0>> {
    let end = found.end()?;
    let (mut at, mut offset) = (found.to.get(), found.offset);
    if let Some(pattern) = PATTERNS.get(offset) {
        let word = pattern.word(page.get(Place::new(at.wrapping_sub(offset))?));
        page.put(Place::new(at)?, word);
        (at, offset) = (at + WORD, pattern.period);
        if offset == WORD {
            at = fill(page, at, end, word);
        }
    }
    at = copy_steps(page, at, end, offset, copy_32);
    at = copy_steps(page, at, end, offset, copy::<S, WORD>);
    copy_steps(page, at, end, offset, copy::<S, 1>);
    Place::new(end)
}

/// Copies, `STEP` bytes at once, what is `offset` bytes before `at`, as long as that is before
/// `end` and there is room; gives how far.
#[inline(always)]
fn copy_steps<S: Sink, const STEP: usize>(
    page: &S,
    mut at: usize,
    end: usize,
    offset: usize,
    step: impl Fn(&S, Place<STEP>, Place<STEP>),
) -> usize {
    while at < end {
        let (Some(from), Some(to)) = (Place::new(at.wrapping_sub(offset)), Place::new(at)) else {
            break;
        };
        step(page, from, to);
        at += STEP;
    }
    at
}

/// Writes `word` all over the page from `at` on, as long as that is before `end` and there is room;
/// gives how far.
#[inline(always)]
fn fill<S: Sink>(page: &S, at: usize, end: usize, word: [u8; WORD]) -> usize {
    copy_steps(page, at, end, 0, |page, _, to: Place<32>| {
        page.put(to.part::<0, WORD>(), word);
        page.put(to.part::<8, WORD>(), word);
        page.put(to.part::<16, WORD>(), word);
        page.put(to.part::<24, WORD>(), word);
    })
}

/// How bytes repeat that are copied from less than a word back.
#[derive(Clone, Copy)]
struct Pattern {
    /// The bytes of a word before the first repetition.
    mask: u64,
    /// What multiplies these all over the word.
    factor: u64,
    /// The first multiple of the offset that is not below [`WORD`]: so far back are the same bytes,
    /// too.
    period: usize,
}

impl Pattern {
    const fn new(offset: usize) -> Self {
        let (mut factor, mut period) = (0, 0);
        while offset > 0 && period < WORD {
            factor |= 1 << (8 * period);
            period += offset;
        }
        let mask = (1 << (8 * offset)) - 1;
        Self {
            mask,
            factor,
            period,
        }
    }

    /// The word that begins as `bytes`, and repeats these.
    #[inline(always)]
    fn word(self, bytes: [u8; WORD]) -> [u8; WORD] {
        let first = u64::from_le_bytes(bytes) & self.mask;
        first.wrapping_mul(self.factor).to_le_bytes()
    }
}

/// By offset.
const PATTERNS: [Pattern; WORD] = {
    let mut patterns = [Pattern::new(0); WORD];
    let mut offset = 1;
    while offset < WORD {
        patterns[offset] = Pattern::new(offset);
        offset += 1;
    }
    patterns
};
