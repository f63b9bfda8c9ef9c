// SPDX-License-Identifier: GPL-2.0
//! The stream: sequences of a token, literals and a match.
//!
//! Everything here is inlined: the fields live in registers as long as no call takes `self`.
#![forbid(unsafe_code)]

use super::super::super::size::PAGE_SIZE;
use super::super::raw::{Pos, Source};
use super::find::Match;
use super::{MIN_MATCH, MORE, OUT_LEN};

/// Where the stream goes, and from where its literals come.
pub(super) struct Writer<'a, S> {
    page: &'a S,
    out: &'a mut [u8; OUT_LEN],
    /// Streams longer than this are given up.
    limit: usize,
    written: usize,
}

impl<'a, S: Source> Writer<'a, S> {
    #[inline(always)]
    pub(super) fn new(page: &'a S, out: &'a mut [u8; OUT_LEN], limit: usize) -> Self {
        Self {
            page,
            out,
            limit,
            written: 0,
        }
    }

    /// Writes the literals from `start` to a match, and the match; gives its end.
    #[inline(always)]
    pub(super) fn sequence(&mut self, start: Pos, found: Match) -> Option<usize> {
        let page = self.page;
        let found = found.extended_back(page, start);
        let literals = found.at.since(start);
        if literals >= MORE {
            return self.long_sequence(start, literals, found);
        }
        // A word too many is cheaper than to look how many there are.
        put_words(page, start, self.window(self.written)?, 1);
        self.short_sequence(literals, found)
    }

    /// Writes a match right after the last one; gives its end.
    #[inline(always)]
    pub(super) fn adjacent(&mut self, found: Match) -> Option<usize> {
        self.short_sequence(0, found)
    }

    /// Writes what is still needed after `literals` copied bytes, fewer than [`MORE`].
    #[inline(always)]
    fn short_sequence(&mut self, literals: usize, found: Match) -> Option<usize> {
        let page = self.page;
        let window = self.window(self.written)?;
        put_offset(window, 1 + literals, found)?;
        if let Some(more) = found.few_more(page) {
            window[0] = token(literals, more);
            self.written += 3 + literals;
            return Some(found.end(more));
        }
        let more = found.more::<S, { MIN_MATCH + 8 }>(page);
        window[0] = token(literals, more);
        self.written += 3 + literals;
        self.rest_of_length(more)?;
        Some(found.end(more))
    }

    #[inline(always)]
    fn long_sequence(&mut self, start: Pos, literals: usize, found: Match) -> Option<usize> {
        self.give_up_after(literals)?;
        let place = self.written;
        let more = found.more::<S, MIN_MATCH>(self.page);
        *self.out.get_mut(place)? = token(literals, more);
        self.literals(start.get(), literals)?;
        put_offset(self.window(self.written)?, 0, found)?;
        self.written += 2;
        self.rest_of_length(more)?;
        Some(found.end(more))
    }

    /// Writes the last literals, from `start` to the page's end; gives the stream's length.
    #[inline(always)]
    pub(super) fn last(mut self, start: usize) -> Option<usize> {
        let literals = PAGE_SIZE - start;
        self.give_up_after(literals)?;
        *self.out.get_mut(self.written)? = token(literals, 0);
        self.literals(start, literals)?;
        (self.written <= self.limit).then_some(self.written)
    }

    /// `None` if as many more bytes make the stream too long.
    #[inline(always)]
    fn give_up_after(&self, bytes: usize) -> Option<()> {
        (self.written + bytes <= self.limit).then_some(())
    }

    /// Writes, after a token's place, the rest of the length of `count` literals, and those.
    #[inline(always)]
    fn literals(&mut self, mut from: usize, count: usize) -> Option<()> {
        self.written += 1;
        self.rest_of_length(count)?;
        let mut to = self.written;
        self.written += count;
        while to < self.written {
            if let Some(at) = Pos::new(from) {
                put_words(self.page, at, self.window(to)?, 0);
                (from, to) = (from + 16, to + 16);
            } else {
                *self.out.get_mut(to)? = self.page.byte(from);
                (from, to) = (from + 1, to + 1);
            }
        }
        Some(())
    }

    /// Writes the bytes of a length that does not fit into a token.
    #[inline(always)]
    fn rest_of_length(&mut self, length: usize) -> Option<()> {
        if length >= MORE {
            let mut rest = length - MORE;
            while rest >= 255 {
                *self.out.get_mut(self.written)? = 255;
                self.written += 1;
                rest -= 255;
            }
            *self.out.get_mut(self.written)? = rest as u8;
            self.written += 1;
        }
        Some(())
    }

    /// The 32 bytes from `at`: one check for all that is put there.
    #[inline(always)]
    fn window(&mut self, at: usize) -> Option<&mut [u8; 32]> {
        self.out.get_mut(at..)?.first_chunk_mut()
    }
}

/// The first byte of a sequence: two lengths, as far as they fit.
#[inline(always)]
fn token(literals: usize, more: usize) -> u8 {
    ((literals.min(MORE) << 4) | more.min(MORE)) as u8
}

/// Puts the 16 bytes from `from` to `at`.
#[inline(always)]
fn put_words<S: Source>(page: &S, from: Pos, window: &mut [u8; 32], at: usize) {
    window[at..at + 8].copy_from_slice(&page.load64::<0>(from).to_le_bytes());
    window[at + 8..at + 16].copy_from_slice(&page.load64::<8>(from).to_le_bytes());
}

/// Puts the 2 bytes of an offset to `at`, and 6 that what comes next overwrites: a narrower store
/// has the compiler keep a second copy of the candidate.
#[inline(always)]
fn put_offset(window: &mut [u8; 32], at: usize, found: Match) -> Option<()> {
    window[at..at + 8].copy_from_slice(&(found.offset()? as u64).to_le_bytes());
    Some(())
}
