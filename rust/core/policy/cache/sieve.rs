// SPDX-License-Identifier: GPL-2.0
//! SIEVE (Zhang, Yang, Yue, Vigfusson, Rashmi: SIEVE is Simpler than LRU, 2024).
#![forbid(unsafe_code)]

use super::{queue::Queue, Cache, Key, Reference};
use std::collections::HashSet;

/// A hand goes from the oldest page to the newest, and again. A page that was asked for since it came by loses its bit and
/// stays in its place; the first other one leaves.
pub struct Sieve {
    frames: usize,
    queue: Queue,
    visited: HashSet<Key>,
    hand: u64,
}

impl Sieve {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            queue: Queue::default(),
            visited: HashSet::new(),
            hand: 0,
        }
    }

    fn make_room(&mut self) {
        while self.queue.len() == self.frames {
            let Some((place, key)) = self.queue.from(self.hand).or_else(|| self.queue.from(0))
            else {
                return;
            };
            self.hand = place + 1;
            if !self.visited.remove(&key) {
                self.queue.remove(key);
            }
        }
    }
}

impl Cache for Sieve {
    fn get(&mut self, page: Reference) -> bool {
        let there = self.queue.contains(page.key);
        if there {
            self.visited.insert(page.key);
        }
        there
    }

    fn put(&mut self, page: Reference) {
        if self.get(page) {
            return;
        }
        self.make_room();
        self.queue.push(page.key);
    }

    fn flush(&mut self, key: Key) {
        self.queue.remove(key);
        self.visited.remove(&key);
    }

    fn holds(&self, key: Key) -> bool {
        self.queue.contains(key)
    }

    fn pages(&self) -> usize {
        self.queue.len()
    }
}
