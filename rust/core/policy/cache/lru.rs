// SPDX-License-Identifier: GPL-2.0
//! Least recently used (Silberschatz, Galvin, Gagne: Operating System Concepts, "LRU Page Replacement").
#![forbid(unsafe_code)]

use super::{queue::Queue, Cache, Key, Reference};

/// The page leaves that was not referenced for the longest time.
pub struct Lru {
    frames: usize,
    by_use: Queue,
}

impl Lru {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            by_use: Queue::default(),
        }
    }
}

impl Cache for Lru {
    fn get(&mut self, page: Reference) -> bool {
        let there = self.by_use.contains(page.key);
        if there {
            self.by_use.push(page.key);
        }
        there
    }

    fn put(&mut self, page: Reference) {
        self.by_use.push(page.key);
        self.by_use.shorten(self.frames);
    }

    fn flush(&mut self, key: Key) {
        self.by_use.remove(key);
    }

    fn holds(&self, key: Key) -> bool {
        self.by_use.contains(key)
    }

    fn pages(&self) -> usize {
        self.by_use.len()
    }
}
