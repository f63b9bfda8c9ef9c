// SPDX-License-Identifier: GPL-2.0
//! ARC (Megiddo and Modha: ARC: A Self-Tuning, Low Overhead Replacement Cache, 2003).
#![forbid(unsafe_code)]

use super::{queue::Queue, Cache, Key, Reference};

/// Two LRU lists, of pages that came once and of pages that were referenced again. Who comes back not long after it left one
/// of them makes that one longer.
pub struct Arc {
    frames: usize,
    /// Pages referenced once (T1), and names of those that left (B1).
    once: Queue,
    left_once: Queue,
    /// Pages referenced again (T2), and names of those that left (B2).
    again: Queue,
    left_again: Queue,
    /// How many pages referenced once there should be (p).
    target: usize,
}

impl Arc {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            once: Queue::default(),
            left_once: Queue::default(),
            again: Queue::default(),
            left_again: Queue::default(),
            target: 0,
        }
    }

    /// REPLACE: frees a frame if none is free. `more_again`: a page of B2 comes.
    fn replace(&mut self, more_again: bool) {
        if self.pages() < self.frames {
            return;
        }
        let once = self.once.len();
        let too_many = once > self.target || (more_again && once == self.target);
        if too_many || self.again.len() == 0 {
            if let Some(key) = self.once.pop() {
                self.left_once.push(key);
                return;
            }
        }
        if let Some(key) = self.again.pop() {
            self.left_again.push(key);
        }
    }

    /// It left not long ago, after one reference.
    fn back_from_once(&mut self) {
        let step = (self.left_again.len() / self.left_once.len().max(1)).max(1);
        self.target = (self.target + step).min(self.frames);
    }

    /// It left not long ago, after more.
    fn back_from_again(&mut self) {
        let step = (self.left_once.len() / self.left_again.len().max(1)).max(1);
        self.target = self.target.saturating_sub(step);
    }

    /// Case IV: a page of which nothing is known.
    fn take_new(&mut self, key: Key) {
        if self.once.len() + self.left_once.len() >= self.frames {
            if self.left_once.pop().is_none() {
                self.once.pop();
            }
        } else {
            let names = self.left_once.len() + self.left_again.len();
            if self.pages() + names >= 2 * self.frames {
                self.left_again.pop();
            }
        }
        self.replace(false);
        self.once.push(key);
    }
}

impl Cache for Arc {
    fn get(&mut self, page: Reference) -> bool {
        let there = self.once.remove(page.key) || self.again.contains(page.key);
        if there {
            self.again.push(page.key);
        }
        there
    }

    fn put(&mut self, page: Reference) {
        let key = page.key;
        if self.get(page) {
            return;
        }
        if self.left_once.contains(key) {
            self.back_from_once();
            self.replace(false);
            self.left_once.remove(key);
            self.again.push(key);
        } else if self.left_again.contains(key) {
            self.back_from_again();
            self.replace(true);
            self.left_again.remove(key);
            self.again.push(key);
        } else {
            self.take_new(key);
        }
    }

    fn flush(&mut self, key: Key) {
        let _ = self.once.remove(key) || self.again.remove(key);
    }

    fn holds(&self, key: Key) -> bool {
        self.once.contains(key) || self.again.contains(key)
    }

    fn pages(&self) -> usize {
        self.once.len() + self.again.len()
    }
}
