// SPDX-License-Identifier: GPL-2.0
//! What the module does: somebody walks round through all pages in the order of their places, and a [`Replacement`] says of each by
//! its age what becomes of it.
#![forbid(unsafe_code)]

use super::{Cache, Key, Reference};
use crate::policy::{Replacement, Verdict};
use std::collections::{BTreeMap, HashMap};

/// The walk. A page is of age 0 when it comes, and when it is asked for.
pub struct Walk<R> {
    frames: usize,
    ages: BTreeMap<(u64, Key), u8>,
    places: HashMap<Key, u64>,
    hand: (u64, Key),
    policy: R,
}

impl<R: Replacement> Walk<R> {
    /// An empty one.
    pub fn new(frames: usize, policy: R) -> Self {
        Self {
            frames,
            ages: BTreeMap::new(),
            places: HashMap::new(),
            hand: (0, 0),
            policy,
        }
    }

    fn make_room(&mut self) {
        while self.pages() == self.frames {
            match self.ages.range_mut(self.hand..).next() {
                None => self.hand = (0, 0),
                Some((page, age)) => {
                    let page = *page;
                    self.hand = (page.0, page.1.saturating_add(1));
                    match self.policy.verdict(*age) {
                        Verdict::Leaves => self.flush(page.1),
                        Verdict::Stays(older) => *age = older,
                    }
                }
            }
        }
    }
}

impl<R: Replacement> Cache for Walk<R> {
    fn get(&mut self, page: Reference) -> bool {
        let Some(place) = self.places.get(&page.key) else {
            return false;
        };
        self.ages.insert((*place, page.key), 0);
        true
    }

    fn put(&mut self, page: Reference) {
        self.flush(page.key);
        self.make_room();
        self.places.insert(page.key, page.place);
        self.ages.insert((page.place, page.key), 0);
    }

    fn flush(&mut self, key: Key) {
        if let Some(place) = self.places.remove(&key) {
            self.ages.remove(&(place, key));
        }
    }

    fn holds(&self, key: Key) -> bool {
        self.places.contains_key(&key)
    }

    fn pages(&self) -> usize {
        self.places.len()
    }
}
