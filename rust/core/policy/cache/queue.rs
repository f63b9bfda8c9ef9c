// SPDX-License-Identifier: GPL-2.0
//! Keys in a row, each once.
#![forbid(unsafe_code)]

use super::Key;
use std::collections::{BTreeMap, HashMap};

/// The row: who came first stands first.
#[derive(Default)]
pub(super) struct Queue {
    row: BTreeMap<u64, Key>,
    places: HashMap<Key, u64>,
    next: u64,
}

impl Queue {
    /// To the end, wherever it was.
    pub(super) fn push(&mut self, key: Key) {
        self.remove(key);
        self.row.insert(self.next, key);
        self.places.insert(key, self.next);
        self.next += 1;
    }

    /// Takes the first away.
    pub(super) fn pop(&mut self) -> Option<Key> {
        let (_, key) = self.row.pop_first()?;
        self.places.remove(&key);
        Some(key)
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, key: Key) -> bool {
        let place = self.places.remove(&key);
        place.is_some_and(|place| self.row.remove(&place).is_some())
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        self.places.contains_key(&key)
    }

    pub(super) fn len(&self) -> usize {
        self.row.len()
    }

    /// The first from a place on, with its own.
    pub(super) fn from(&self, place: u64) -> Option<(u64, Key)> {
        let (place, key) = self.row.range(place..).next()?;
        Some((*place, *key))
    }

    /// Drops the first ones until no more than `most` are left.
    pub(super) fn shorten(&mut self, most: usize) {
        while self.len() > most {
            self.pop();
        }
    }
}
