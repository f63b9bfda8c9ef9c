// SPDX-License-Identifier: GPL-2.0
//! FIFO with a second chance (Tanenbaum: Modern Operating Systems, "The Second-Chance Page Replacement Algorithm").
#![forbid(unsafe_code)]

use super::{queue::Queue, Cache, Key, Reference};
use std::collections::HashSet;

/// The oldest page leaves, unless it was referenced: then it loses its bit, and counts as new. A page comes with its bit
/// set, as the reference that brought it in sets it.
pub struct SecondChance {
    frames: usize,
    queue: Queue,
    referenced: HashSet<Key>,
}

impl SecondChance {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            queue: Queue::default(),
            referenced: HashSet::new(),
        }
    }

    fn make_room(&mut self) {
        while self.queue.len() == self.frames {
            let Some(oldest) = self.queue.pop() else {
                return;
            };
            if self.referenced.remove(&oldest) {
                self.queue.push(oldest);
            }
        }
    }
}

impl Cache for SecondChance {
    fn get(&mut self, page: Reference) -> bool {
        let there = self.queue.contains(page.key);
        if there {
            self.referenced.insert(page.key);
        }
        there
    }

    fn put(&mut self, page: Reference) {
        if !self.queue.contains(page.key) {
            self.make_room();
            self.queue.push(page.key);
        }
        self.referenced.insert(page.key);
    }

    fn flush(&mut self, key: Key) {
        self.queue.remove(key);
        self.referenced.remove(&key);
    }

    fn holds(&self, key: Key) -> bool {
        self.queue.contains(key)
    }

    fn pages(&self) -> usize {
        self.queue.len()
    }
}
