// SPDX-License-Identifier: GPL-2.0
//! What the module does: somebody walks round through all pages in the order of their places, and a [`Replacement`] says of each by
//! its age what becomes of it.
#![forbid(unsafe_code)]

use super::{Cache, Key, Reference};
use crate::policy::{Replacement, Verdict, MOST_AGE};
use std::collections::{BTreeMap, HashMap};

/// The walk. A page is of age 0 when it comes, and when it is asked for. It gets older each time that the hand comes by, or, where
/// there is a second hand, when that one does.
pub struct Walk<R> {
    frames: usize,
    ages: BTreeMap<(u64, Key), u8>,
    places: HashMap<Key, u64>,
    hand: (u64, Key),
    policy: R,
    /// The second hand, and how many pages it goes on when one comes.
    aging: (u64, Key),
    agings: usize,
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
            aging: (0, 0),
            agings: 0,
        }
    }

    /// One with a second hand, which has so many pages get older for each that comes: as the module chooses the pages that go to the
    /// disk below (rust/pool/cold.rs).
    pub fn with_two_hands(frames: usize, policy: R, agings: usize) -> Self {
        Self {
            agings,
            ..Self::new(frames, policy)
        }
    }

    fn get_older(&mut self) {
        for _ in 0..self.agings {
            let next = self.ages.range(self.aging..).next();
            let Some((page, _)) = next.or_else(|| self.ages.first_key_value()) else {
                return;
            };
            let page = *page;
            self.aging = (page.0, page.1.saturating_add(1));
            if let Some(age) = self.ages.get_mut(&page) {
                *age = age.saturating_add(1).min(MOST_AGE);
            }
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
                        Verdict::Stays(older) if self.agings == 0 => *age = older,
                        Verdict::Stays(_) => {}
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
        self.get_older();
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
