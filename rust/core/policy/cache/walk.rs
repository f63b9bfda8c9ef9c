// SPDX-License-Identifier: GPL-2.0
//! What the module does: somebody walks round through all pages, and a [`Replacement`] says of each by its age what becomes
//! of it.
#![forbid(unsafe_code)]

use super::{ring::Ring, Cache, Key, Reference};
use crate::policy::{Replacement, Verdict};

/// The walk. A page is of age 0 when it comes, and when it is asked for.
pub struct Walk<R> {
    ring: Ring<u8>,
    policy: R,
}

impl<R: Replacement> Walk<R> {
    /// An empty one.
    pub fn new(frames: usize, policy: R) -> Self {
        Self {
            ring: Ring::new(frames),
            policy,
        }
    }
}

impl<R: Replacement> Cache for Walk<R> {
    fn get(&mut self, page: Reference) -> bool {
        self.ring.find(page.key).map(|age| *age = 0).is_some()
    }

    fn put(&mut self, page: Reference) {
        if self.get(page) {
            return;
        }
        while self.ring.is_full() {
            let Some(age) = self.ring.here() else { break };
            match self.policy.verdict(*age) {
                Verdict::Leaves => break,
                Verdict::Stays(older) => *age = older,
            }
            self.ring.advance();
        }
        self.ring.fill(page.key, 0);
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
