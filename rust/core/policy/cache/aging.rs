// SPDX-License-Identifier: GPL-2.0
//! Aging (Tanenbaum: Modern Operating Systems, "Simulating LRU in Software").
#![forbid(unsafe_code)]

use super::{Cache, Key, Reference};
use std::collections::{BTreeSet, HashMap};

/// Ticks of the clock in the time in which as many pages come as there are frames.
const TICKS: usize = 8;

/// Each page has a counter of eight bits, which a tick shifts to the right; the bit that comes in from the left says
/// whether it was referenced since the last tick. The page with the lowest counter leaves, of equals the one that came first.
pub struct Aging {
    frames: usize,
    pages: HashMap<Key, Page>,
    by_age: BTreeSet<(u16, u64, Key)>,
    came: u64,
}

/// The bit of the tick that is under way stands left of the counter's eight.
const NOW: u16 = 1 << 8;

#[derive(Clone, Copy)]
struct Page {
    bits: u16,
    came: u64,
}

impl Aging {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            pages: HashMap::new(),
            by_age: BTreeSet::new(),
            came: 0,
        }
    }

    /// The clock ticks.
    fn tick(&mut self) {
        self.by_age.clear();
        for (key, page) in &mut self.pages {
            page.bits >>= 1;
            self.by_age.insert((page.bits, page.came, *key));
        }
    }

    fn set(&mut self, key: Key, page: Page) {
        if let Some(old) = self.pages.insert(key, page) {
            self.by_age.remove(&(old.bits, old.came, key));
        }
        self.by_age.insert((page.bits, page.came, key));
    }

    fn make_room(&mut self) {
        if self.pages.len() == self.frames {
            if let Some((_, _, key)) = self.by_age.pop_first() {
                self.pages.remove(&key);
            }
        }
    }
}

impl Cache for Aging {
    fn get(&mut self, page: Reference) -> bool {
        let Some(mut known) = self.pages.get(&page.key).copied() else {
            return false;
        };
        if known.bits & NOW == 0 {
            known.bits |= NOW;
            self.set(page.key, known);
        }
        true
    }

    fn put(&mut self, page: Reference) {
        if self.get(page) {
            return;
        }
        self.make_room();
        self.came += 1;
        let new = Page {
            bits: NOW,
            came: self.came,
        };
        self.set(page.key, new);
        if self.came % self.frames.div_ceil(TICKS) as u64 == 0 {
            self.tick();
        }
    }

    fn flush(&mut self, key: Key) {
        if let Some(page) = self.pages.remove(&key) {
            self.by_age.remove(&(page.bits, page.came, key));
        }
    }

    fn holds(&self, key: Key) -> bool {
        self.pages.contains_key(&key)
    }

    fn pages(&self) -> usize {
        self.pages.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::NEVER;

    /// Tanenbaum's figure: six pages, and who is referenced in each of five ticks.
    #[test]
    fn the_worked_example() {
        let mut cache = Aging::new(100);
        for key in 0..6 {
            cache.set(key, Page { bits: 0, came: key });
        }
        for referenced in ["101011", "110010", "110101", "100010", "011000"] {
            for (key, bit) in (0..).zip(referenced.chars()) {
                let page = Reference {
                    key,
                    place: key,
                    dirty: false,
                    next: NEVER,
                };
                assert!(bit == '0' || cache.get(page));
            }
            cache.tick();
        }
        let counters = [0, 1, 2, 3, 4, 5].map(|key| cache.pages[&key].bits);
        assert_eq!(
            counters,
            [
                0b0111_1000,
                0b1011_0000,
                0b1000_1000,
                0b0010_0000,
                0b0101_1000,
                0b0010_1000
            ]
        );
        assert_eq!(cache.by_age.first().map(|(_, _, key)| *key), Some(3));
    }
}
