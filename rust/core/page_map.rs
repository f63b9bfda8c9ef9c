// SPDX-License-Identifier: GPL-2.0
//! Where the pages of a disk are that has another one below it.
//!
//! Two bits a page, changed by atomic operations: in any context, without a lock.
#![forbid(unsafe_code)]

use core::{
    ops::Deref,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// Where a page is, as far as the disk below is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Not there.
    Elsewhere = 0,
    /// There, and nowhere else.
    Below = 1,
    /// It was to be written there, and that failed: nobody has it.
    Lost = 3,
}

const BITS: u32 = 2;
const MASK: u64 = (1 << BITS) - 1;
const PER_WORD: u64 = 64 / BITS as u64;
/// The lower bit of each page of a word: set in all places but [`Place::Elsewhere`].
const LOWER: u64 = u64::MAX / MASK;

/// Words that a map of `pages` pages needs.
pub fn words(pages: u64) -> u64 {
    pages.div_ceil(PER_WORD)
}

/// The place of each page.
pub struct PageMap<W> {
    words: W,
    below: AtomicU64,
}

impl<W: Deref<Target = [AtomicU64]>> PageMap<W> {
    /// All pages are elsewhere: as many as `words`, all 0, have room for.
    pub fn new(words: W) -> Self {
        Self {
            words,
            below: AtomicU64::new(0),
        }
    }

    /// How many pages are below.
    pub fn below(&self) -> u64 {
        self.below.load(Relaxed)
    }

    /// Where `page` is.
    #[inline]
    pub fn get(&self, page: u64) -> Place {
        match self.words.get((page / PER_WORD) as usize) {
            Some(word) => place(word.load(Relaxed) >> shift(page)),
            None => Place::Elsewhere,
        }
    }

    /// It is at `place` now.
    pub fn set(&self, page: u64, place: Place) {
        self.change(page, |old| (old != place).then_some(place));
    }

    /// It is lost, if it was below.
    pub fn lose(&self, page: u64) {
        self.change(page, |old| (old == Place::Below).then_some(Place::Lost));
    }

    /// The pages from `first` to `end` are elsewhere now: whole words at once.
    pub fn clear(&self, first: u64, end: u64) {
        let mut page = first;
        while page < end {
            let next = (page / PER_WORD + 1).saturating_mul(PER_WORD).min(end);
            if let Some(word) = self.words.get((page / PER_WORD) as usize) {
                // Most are clear already: a disk is discarded as a whole.
                if word.load(Relaxed) != 0 {
                    let mask = u64::MAX >> (64 - (next - page) as u32 * BITS) << shift(page);
                    let gone = word.fetch_and(!mask, Relaxed) & mask;
                    self.below.fetch_sub(count_below(gone), Relaxed);
                }
            }
            page = next;
        }
    }

    fn change(&self, page: u64, change: impl Fn(Place) -> Option<Place>) {
        let Some(word) = self.words.get((page / PER_WORD) as usize) else {
            return;
        };
        let shift = shift(page);
        let changed = word.fetch_update(Relaxed, Relaxed, |bits| {
            let new = change(place(bits >> shift))?;
            Some((bits & !(MASK << shift)) | ((new as u64) << shift))
        });
        let Ok(before) = changed else { return };
        // Not both: it was another place before.
        match place(before >> shift) {
            Place::Below => self.below.fetch_sub(1, Relaxed),
            old if change(old) == Some(Place::Below) => self.below.fetch_add(1, Relaxed),
            _ => 0,
        };
    }
}

fn shift(page: u64) -> u32 {
    (page % PER_WORD) as u32 * BITS
}

fn place(bits: u64) -> Place {
    match bits & MASK {
        0 => Place::Elsewhere,
        1 => Place::Below,
        _ => Place::Lost,
    }
}

/// How many pages of a word's are below.
fn count_below(word: u64) -> u64 {
    u64::from((word & !(word >> 1) & LOWER).count_ones())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pages: u64) -> PageMap<Vec<AtomicU64>> {
        PageMap::new((0..words(pages)).map(|_| AtomicU64::new(0)).collect())
    }

    #[test]
    fn keeps_each_page_by_itself() {
        let map = map(100);
        for page in 0..100 {
            map.set(
                page,
                [Place::Elsewhere, Place::Below, Place::Lost][page as usize % 3],
            );
        }
        for page in 0..100 {
            let expected = [Place::Elsewhere, Place::Below, Place::Lost][page as usize % 3];
            assert_eq!(map.get(page), expected);
        }
        assert_eq!(map.below(), 33);
    }

    #[test]
    fn only_what_is_below_is_lost() {
        let map = map(3);
        map.set(1, Place::Below);
        (0..3).for_each(|page| map.lose(page));
        assert_eq!(map.get(0), Place::Elsewhere);
        assert_eq!(map.get(1), Place::Lost);
        assert_eq!(map.below(), 0);
        map.set(1, Place::Below);
        assert_eq!((map.get(1), map.below()), (Place::Below, 1));
    }

    #[test]
    fn clears_ranges() {
        for (first, end) in [
            (0, 0),
            (0, 1),
            (5, 5),
            (31, 33),
            (0, 32),
            (32, 64),
            (3, 200),
            (0, 500),
        ] {
            let map = map(200);
            (0..200).for_each(|page| map.set(page, Place::Below));
            map.lose(7);
            map.clear(first, end);
            let expected = |page: u64| match page {
                _ if (first..end).contains(&page) => Place::Elsewhere,
                7 => Place::Lost,
                _ => Place::Below,
            };
            let below = (0..200)
                .filter(|page| expected(*page) == Place::Below)
                .count();
            assert!((0..200).all(|page| map.get(page) == expected(page)));
            assert_eq!(map.below(), below as u64);
        }
    }

    #[test]
    fn what_is_past_the_end_is_elsewhere() {
        let map = map(1);
        map.set(64, Place::Below);
        assert_eq!((map.get(64), map.below()), (Place::Elsewhere, 0));
    }
}
