// SPDX-License-Identifier: GPL-2.0
//! The clock (Corbato: A Paging Experiment with the Multics System, 1968; Stallings: Operating Systems, "Clock Policy").
#![forbid(unsafe_code)]

use super::{ring::Ring, Cache, Key, Reference};

/// The hand goes round until it finds a page that was not referenced since it came by last. A page comes as referenced.
pub struct Clock(Ring<bool>);

impl Clock {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self(Ring::new(frames))
    }
}

impl Cache for Clock {
    fn get(&mut self, page: Reference) -> bool {
        let referenced = self.0.find(page.key);
        referenced.map(|referenced| *referenced = true).is_some()
    }

    fn put(&mut self, page: Reference) {
        if self.get(page) {
            return;
        }
        while self.0.is_full() {
            match self.0.here() {
                Some(referenced) if *referenced => *referenced = false,
                _ => break,
            }
            self.0.advance();
        }
        self.0.fill(page.key, true);
    }

    fn flush(&mut self, key: Key) {
        self.0.remove(key);
    }

    fn holds(&self, key: Key) -> bool {
        self.0.contains(key)
    }

    fn pages(&self) -> usize {
        self.0.pages()
    }
}
