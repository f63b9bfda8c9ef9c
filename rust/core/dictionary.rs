// SPDX-License-Identifier: GPL-2.0
//! What the pages of a program have in common, as a dictionary for zstd: a piece of each of some pages, that whose words most of the
//! others have, too.
//!
//! After zstd's fast cover (lib/dictBuilder/fastcover.c), with as many epochs as pages; and O. Liao, M. Petri, A. Moffat, A. Wirth,
//! "Effective Construction of Relative Lempel-Ziv Dictionaries" (WWW 2016).
#![forbid(unsafe_code)]

use super::size::PAGE_SIZE;
use core::ops::DerefMut;

/// Pages that a dictionary is made of.
pub const PAGES: usize = 64;

/// Bytes of each that become part of it.
pub const PIECE: usize = 256;

/// Bytes of a dictionary. Pages of valkey, python, node, java and sqlite take 10 to 18% less with one, by level 6 of zstd; with one
/// that is twice as long another 1%.
pub const BYTES: usize = PAGES * PIECE;

/// Bytes of a word, which may begin at any byte.
const WORD: usize = 8;

/// Places of words, by a hash.
pub const PLACES: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 15;

/// How many of the pages have a word, and, above, which was the last of them, counted from 1.
const HAVE: u16 = 0xff;
const LAST_SHIFT: u32 = 8;

/// Makes a dictionary.
pub struct Teacher<W> {
    seen: W,
    pages: u16,
}

impl<W: DerefMut<Target = [u16; PLACES]>> Teacher<W> {
    /// One that has seen nothing. `seen`: all 0.
    pub fn new(seen: W) -> Self {
        Self { seen, pages: 0 }
    }

    /// One of the [`PAGES`] pages. Some hundred thousand instructions.
    pub fn show(&mut self, page: &[u8; PAGE_SIZE]) {
        self.pages = self.pages % PAGES as u16 + 1;
        let number = self.pages;
        for word in page.windows(WORD) {
            let seen = self.of(word);
            if *seen >> LAST_SHIFT != number {
                *seen = (number << LAST_SHIFT) | ((*seen & HAVE) + 1);
            }
        }
    }

    /// The piece of one of them whose words most others have, but for those in pieces that were taken before. Some hundred
    /// thousand instructions.
    pub fn take<'a>(&mut self, page: &'a [u8; PAGE_SIZE]) -> &'a [u8] {
        let (mut worth, mut best) = (0_u32, (0, 0));
        for (end, word) in page.windows(WORD).enumerate() {
            worth = worth.saturating_add(self.worth(word));
            let Some(begin) = (end + WORD).checked_sub(PIECE) else {
                continue;
            };
            if worth > best.0 {
                best = (worth, begin);
            }
            let first = page.get(begin..begin + WORD).unwrap_or_default();
            worth = worth.saturating_sub(self.worth(first));
        }
        let piece = page.get(best.1..best.1 + PIECE).unwrap_or_default();
        for word in piece.windows(WORD) {
            *self.of(word) = 0;
        }
        piece
    }

    /// A word that no other page has saves nothing.
    fn worth(&mut self, word: &[u8]) -> u32 {
        u32::from(*self.of(word) & HAVE).saturating_sub(1)
    }

    fn of(&mut self, word: &[u8]) -> &mut u16 {
        let word = word
            .iter()
            .fold(0, |all, byte| (all << 8) | u64::from(*byte));
        let place = word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACE_BITS);
        &mut self.seen[place as usize % PLACES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMON: &[u8] = b"what all of them have, at a place that nobody knows before";

    /// Noise, and what is common at some place.
    fn page(number: u64) -> [u8; PAGE_SIZE] {
        let mut state = number + 1;
        let mut page = [0; PAGE_SIZE].map(|_: u8| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 56) as u8
        });
        let at = (state >> 40) as usize % (PAGE_SIZE - COMMON.len());
        page[at..at + COMMON.len()].copy_from_slice(COMMON);
        page
    }

    fn teacher(pages: u64) -> Teacher<Box<[u16; PLACES]>> {
        let seen = vec![0; PLACES].try_into();
        let mut teacher = Teacher::new(seen.unwrap_or_else(|_| unreachable!()));
        (0..pages).for_each(|number| teacher.show(&page(number)));
        teacher
    }

    fn has_common(piece: &[u8]) -> bool {
        piece.windows(COMMON.len()).any(|window| window == COMMON)
    }

    #[test]
    fn what_pages_have_in_common_is_taken_once() {
        let mut teacher = teacher(PAGES as u64);
        let first = page(0);
        let piece = teacher.take(&first);
        assert_eq!(piece.len(), PIECE);
        assert!(has_common(piece));
        let others = (1..PAGES as u64).filter(|number| has_common(teacher.take(&page(*number))));
        assert!(others.count() < PAGES / 4);
    }

    #[test]
    fn pages_without_words_in_common_give_pieces_too() {
        let mut teacher = teacher(1);
        assert_eq!(teacher.take(&page(0)).len(), PIECE);
        assert_eq!(teacher.take(&[0; PAGE_SIZE]).len(), PIECE);
    }

    #[test]
    fn a_page_that_is_one_word_counts_once() {
        let mut teacher = teacher(0);
        (0..3).for_each(|_| teacher.show(&[7; PAGE_SIZE]));
        assert_eq!(teacher.worth(&[7; WORD]), 2);
    }
}
