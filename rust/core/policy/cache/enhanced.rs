// SPDX-License-Identifier: GPL-2.0
//! The enhanced second chance (Silberschatz, Galvin, Gagne: Operating System Concepts, "Enhanced Second-Chance Algorithm";
//! the order of the rounds is Stallings').
#![forbid(unsafe_code)]

use super::{ring::Ring, Cache, Key, Reference};

/// A clock for which pages that need not be written are better ones to leave.
pub struct EnhancedSecondChance {
    ring: Ring<Bits>,
    frames: usize,
}

struct Bits {
    referenced: bool,
    dirty: bool,
}

impl EnhancedSecondChance {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self {
            ring: Ring::new(frames),
            frames,
        }
    }

    /// The hand goes to the page that leaves: one neither referenced nor dirty; or else one that is dirty, and all others on
    /// the way there lose their bits of reference; or else it begins again.
    fn find(&mut self) {
        while !self.round(false) && !self.round(true) {}
    }

    fn round(&mut self, dirty: bool) -> bool {
        for _ in 0..self.frames {
            let Some(bits) = self.ring.here() else {
                return true;
            };
            if !bits.referenced && bits.dirty == dirty {
                return true;
            }
            if dirty {
                bits.referenced = false;
            }
            self.ring.advance();
        }
        false
    }
}

impl Cache for EnhancedSecondChance {
    fn get(&mut self, page: Reference) -> bool {
        let Some(bits) = self.ring.find(page.key) else {
            return false;
        };
        bits.referenced = true;
        bits.dirty |= page.dirty;
        true
    }

    fn put(&mut self, page: Reference) {
        if self.get(page) {
            return;
        }
        if self.ring.is_full() {
            self.find();
        }
        let bits = Bits {
            referenced: true,
            dirty: page.dirty,
        };
        self.ring.fill(page.key, bits);
    }

    fn flush(&mut self, key: Key) {
        self.ring.remove(key);
    }

    fn holds(&self, key: Key) -> bool {
        self.ring.contains(key)
    }

    fn pages(&self) -> usize {
        self.ring.pages()
    }
}
