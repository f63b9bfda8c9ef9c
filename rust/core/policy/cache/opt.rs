// SPDX-License-Identifier: GPL-2.0
//! OPT (Belady: A Study of Replacement Algorithms for a Virtual-Storage Computer, 1966): what no policy that does not know the
//! future does better.
#![forbid(unsafe_code)]

use super::{Cache, Key, Reference, NEVER};
use std::collections::{BTreeSet, HashMap};

/// The page leaves that will not be asked for for the longest time.
pub struct Opt {
    frames: usize,
    bypass: bool,
    next: HashMap<Key, u64>,
    by_next: BTreeSet<(u64, Key)>,
}

impl Opt {
    /// An empty one. A page that comes takes a frame even if it is the one that should leave: the textbook's.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            bypass: false,
            next: HashMap::new(),
            by_next: BTreeSet::new(),
        }
    }

    /// The same, but such a page takes none: the optimum where pages may pass by.
    pub fn with_bypass(frames: usize) -> Self {
        Self {
            bypass: true,
            ..Self::new(frames)
        }
    }

    fn set(&mut self, page: Reference) {
        self.flush(page.key);
        self.next.insert(page.key, page.next);
        self.by_next.insert((page.next, page.key));
    }
}

impl Cache for Opt {
    fn get(&mut self, page: Reference) -> bool {
        let there = self.next.contains_key(&page.key);
        if there {
            self.set(page);
        }
        there
    }

    fn put(&mut self, page: Reference) {
        if self.bypass && page.next == NEVER {
            self.flush(page.key);
            return;
        }
        if !self.next.contains_key(&page.key) && self.pages() == self.frames {
            let last = self.by_next.last().copied();
            match last {
                Some((next, _)) if self.bypass && next <= page.next => return,
                Some((_, key)) => self.flush(key),
                None => {}
            }
        }
        self.set(page);
    }

    fn flush(&mut self, key: Key) {
        if let Some(next) = self.next.remove(&key) {
            self.by_next.remove(&(next, key));
        }
    }

    fn holds(&self, key: Key) -> bool {
        self.next.contains_key(&key)
    }

    fn pages(&self) -> usize {
        self.next.len()
    }
}
