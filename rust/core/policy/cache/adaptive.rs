// SPDX-License-Identifier: GPL-2.0
//! What the module does with the pages of a disk that has another one below it (rust/pool/cold.rs), and with ephemeral pages
//! (rust/pool/room.rs): those leave that are worth least, as [`Lifetimes`] has learnt it.
#![forbid(unsafe_code)]

use super::{Cache, Key, Reference};
use crate::policy::{
    least::{Least, Valued},
    lifetimes::{self, Lifetimes, WORDS},
};
use crate::size::PAGE_SIZE;
use std::collections::{BTreeMap, HashMap};

/// Of the pages that are looked at, a part is chosen at once, to leave one after the other.
const PART: usize = 8;
/// Of ephemeral pages, so many are looked at.
const SEARCHED: usize = 2048;

/// Where a page is, and when it came or was last asked for.
type Chosen = ((u64, Key), u16);

/// The pages, by place.
pub struct Adaptive {
    frames: usize,
    searched: usize,
    hand: (u64, Key),
    lifetimes: Lifetimes<Vec<u32>>,
    came: BTreeMap<(u64, Key), u16>,
    places: HashMap<Key, u64>,
    chosen: Least<Vec<Valued<Chosen>>>,
}

impl Adaptive {
    /// An empty one, which looks at all pages.
    pub fn new(frames: usize) -> Self {
        Self::with(frames, frames)
    }

    /// The same, as ephemeral pages leave.
    pub fn ephemeral(frames: usize) -> Self {
        Self::with(frames, frames.min(SEARCHED))
    }

    fn with(frames: usize, searched: usize) -> Self {
        let none = Valued {
            worth: 0,
            page: ((0, 0), 0),
        };
        Self {
            frames,
            searched,
            hand: (0, 0),
            lifetimes: Lifetimes::new(vec![0; WORDS]),
            came: BTreeMap::new(),
            places: HashMap::new(),
            chosen: Least::new(vec![none; searched.div_ceil(PART)]),
        }
    }

    /// All count as of half a page.
    fn choose(&mut self) {
        let worths = self.lifetimes.worths();
        self.chosen.clear();
        let all = self.pages().min(self.searched);
        let round = self
            .came
            .range(self.hand..)
            .chain(self.came.range(..self.hand));
        let mut searched = round.map(|(place, came)| (*place, *came));
        for page in searched.by_ref().take(all) {
            let worth = worths.of(page.1, PAGE_SIZE / 2);
            self.chosen
                .offer(Valued { worth, page }, all.div_ceil(PART));
        }
        self.hand = searched.next().map_or((0, 0), |(place, _)| place);
        self.chosen.sort();
    }

    fn make_room(&mut self) {
        while self.pages() == self.frames {
            match self.chosen.take() {
                Some((place, came)) if self.came.get(place) == Some(came) => {
                    self.places.remove(&place.1);
                    self.came.remove(place);
                }
                Some(_) => {}
                None => self.choose(),
            }
        }
    }

    fn remove(&mut self, key: Key) {
        if let Some(place) = self.places.remove(&key) {
            self.came.remove(&(place, key));
        }
    }

    /// A page's name, if it is one of the sample.
    fn name(&self, key: Key) -> Option<u64> {
        let name = lifetimes::name(key);
        (name & self.lifetimes.outside() == 0).then_some(name)
    }
}

impl Cache for Adaptive {
    fn get(&mut self, page: Reference) -> bool {
        if let Some(name) = self.name(page.key) {
            self.lifetimes.asked(name);
        }
        let Some(place) = self.places.get(&page.key) else {
            return false;
        };
        self.came.insert((*place, page.key), self.lifetimes.now());
        true
    }

    fn put(&mut self, page: Reference) {
        self.remove(page.key);
        self.make_room();
        if let Some(name) = self.name(page.key) {
            self.lifetimes.came(name, self.frames as u64);
        }
        self.places.insert(page.key, page.place);
        let now = self.lifetimes.now();
        self.came.insert((page.place, page.key), now);
    }

    fn flush(&mut self, key: Key) {
        if let Some(name) = self.name(key) {
            self.lifetimes.ended(name);
        }
        self.remove(key);
    }

    fn holds(&self, key: Key) -> bool {
        self.places.contains_key(&key)
    }

    fn pages(&self) -> usize {
        self.places.len()
    }
}
