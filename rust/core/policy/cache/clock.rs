// SPDX-License-Identifier: GPL-2.0
//! The clock (Corbato: A Paging Experiment with the Multics System, 1968; Stallings: Operating Systems, "Clock Policy").
#![forbid(unsafe_code)]

use super::{ring::Ring, Cache, Key, Reference};

/// The hand goes round until it finds a page that was not referenced since it came by last.
pub struct Clock(Ring);

impl Clock {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self(Ring::new(frames))
    }
}

impl Cache for Clock {
    fn get(&mut self, page: Reference) -> bool {
        self.0.reference(page)
    }

    fn put(&mut self, page: Reference) {
        if self.0.reference(page) {
            return;
        }
        while self.0.is_full() {
            match self.0.here() {
                Some(frame) if frame.referenced => frame.referenced = false,
                _ => break,
            }
            self.0.advance();
        }
        self.0.fill(page);
    }

    fn flush(&mut self, key: Key) {
        self.0.remove(key);
    }

    fn pages(&self) -> usize {
        self.0.pages()
    }
}
