// SPDX-License-Identifier: GPL-2.0
//! Least and most frequently used (Silberschatz, Galvin, Gagne: Operating System Concepts, "Counting-Based Page
//! Replacement").
#![forbid(unsafe_code)]

use super::{Cache, Key, Reference};
use std::collections::{BTreeSet, HashMap};

/// A page leaves for how often it was referenced since it came; of equals, the one that came first.
pub struct Counted {
    frames: usize,
    most: bool,
    pages: HashMap<Key, Count>,
    by_count: BTreeSet<(u64, u64, Key)>,
    clock: u64,
}

#[derive(Clone, Copy)]
struct Count {
    references: u64,
    came: u64,
}

impl Counted {
    /// The page that was used least leaves (LFU).
    pub fn least(frames: usize) -> Self {
        Self::new(frames, false)
    }

    /// The page that was used most leaves (MFU).
    pub fn most(frames: usize) -> Self {
        Self::new(frames, true)
    }

    fn new(frames: usize, most: bool) -> Self {
        Self {
            frames,
            most,
            pages: HashMap::new(),
            by_count: BTreeSet::new(),
            clock: 0,
        }
    }

    /// The first to leave has the lowest.
    fn rank(&self, key: Key, count: Count) -> (u64, u64, Key) {
        let references = count.references;
        let rank = if self.most { !references } else { references };
        (rank, count.came, key)
    }

    fn set(&mut self, key: Key, count: Count) {
        self.pages.insert(key, count);
        self.by_count.insert(self.rank(key, count));
    }
}

impl Cache for Counted {
    fn get(&mut self, page: Reference) -> bool {
        let Some(mut count) = self.pages.get(&page.key).copied() else {
            return false;
        };
        self.by_count.remove(&self.rank(page.key, count));
        count.references += 1;
        self.set(page.key, count);
        true
    }

    fn put(&mut self, page: Reference) {
        if self.get(page) {
            return;
        }
        if self.pages.len() == self.frames {
            if let Some((_, _, key)) = self.by_count.pop_first() {
                self.pages.remove(&key);
            }
        }
        self.clock += 1;
        let count = Count {
            references: 1,
            came: self.clock,
        };
        self.set(page.key, count);
    }

    fn flush(&mut self, key: Key) {
        if let Some(count) = self.pages.remove(&key) {
            self.by_count.remove(&self.rank(key, count));
        }
    }

    fn holds(&self, key: Key) -> bool {
        self.pages.contains_key(&key)
    }

    fn pages(&self) -> usize {
        self.pages.len()
    }
}
