// SPDX-License-Identifier: GPL-2.0
//! 2Q (Johnson and Shasha: 2Q: A Low Overhead High Performance Buffer Management Replacement Algorithm, 1994; the full
//! version).
#![forbid(unsafe_code)]

use super::{queue::Queue, Cache, Key, Reference};

/// New pages wait in a FIFO of a quarter of the frames. Those that left it not long ago and come again are kept by LRU.
pub struct TwoQ {
    frames: usize,
    /// Pages that came once (A1in).
    new: Queue,
    /// Names of pages that left it (A1out), half as many as there are frames.
    left: Queue,
    /// Pages that came again (Am).
    hot: Queue,
}

impl TwoQ {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            new: Queue::default(),
            left: Queue::default(),
            hot: Queue::default(),
        }
    }

    fn make_room(&mut self) {
        if self.pages() < self.frames {
            return;
        }
        if self.new.len() <= self.frames / 4 && self.hot.pop().is_some() {
            return;
        }
        if let Some(key) = self.new.pop() {
            self.left.push(key);
            self.left.shorten((self.frames / 2).max(1));
        }
    }
}

impl Cache for TwoQ {
    fn get(&mut self, page: Reference) -> bool {
        if self.hot.contains(page.key) {
            self.hot.push(page.key);
            return true;
        }
        self.new.contains(page.key)
    }

    fn put(&mut self, page: Reference) {
        if self.get(page) {
            return;
        }
        // Asked first: making room may forget it.
        let again = self.left.remove(page.key);
        self.make_room();
        if again {
            self.hot.push(page.key);
        } else {
            self.new.push(page.key);
        }
    }

    fn flush(&mut self, key: Key) {
        let _ = self.new.remove(key) || self.hot.remove(key);
    }

    fn holds(&self, key: Key) -> bool {
        self.new.contains(key) || self.hot.contains(key)
    }

    fn pages(&self) -> usize {
        self.new.len() + self.hot.len()
    }
}
