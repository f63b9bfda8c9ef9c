// SPDX-License-Identifier: GPL-2.0
//! First in, first out (Silberschatz, Galvin, Gagne: Operating System Concepts, "FIFO Page Replacement").
#![forbid(unsafe_code)]

use super::{queue::Queue, Cache, Key, Reference};

/// Pages leave in the order in which they came.
pub struct Fifo {
    frames: usize,
    queue: Queue,
}

impl Fifo {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            queue: Queue::default(),
        }
    }
}

impl Cache for Fifo {
    fn get(&mut self, page: Reference) -> bool {
        self.queue.contains(page.key)
    }

    fn put(&mut self, page: Reference) {
        if !self.queue.contains(page.key) {
            self.queue.shorten(self.frames - 1);
            self.queue.push(page.key);
        }
    }

    fn flush(&mut self, key: Key) {
        self.queue.remove(key);
    }

    fn holds(&self, key: Key) -> bool {
        self.queue.contains(key)
    }

    fn pages(&self) -> usize {
        self.queue.len()
    }
}
