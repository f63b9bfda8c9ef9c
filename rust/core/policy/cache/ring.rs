// SPDX-License-Identifier: GPL-2.0
//! Frames in a circle, and a hand that points to one: what the clocks have in common.
#![forbid(unsafe_code)]

use super::Key;
use std::collections::HashMap;

/// The circle; `T` is what a clock knows of a page. A frame that a page left is filled again by the next page.
pub(super) struct Ring<T> {
    frames: Vec<Option<(Key, T)>>,
    places: HashMap<Key, usize>,
    free: Vec<usize>,
    hand: usize,
}

impl<T> Ring<T> {
    pub(super) fn new(frames: usize) -> Self {
        Self {
            frames: (0..frames).map(|_| None).collect(),
            places: HashMap::new(),
            free: (0..frames).rev().collect(),
            hand: 0,
        }
    }

    /// What is known of a page; [`None`] if it is not there.
    pub(super) fn find(&mut self, key: Key) -> Option<&mut T> {
        let frame = self.frames[*self.places.get(&key)?].as_mut();
        frame.map(|(_, known)| known)
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        self.places.contains_key(&key)
    }

    /// Puts a page that is not there into a free frame, or else where the hand is, which goes on.
    pub(super) fn fill(&mut self, key: Key, known: T) {
        let place = self.free.pop().unwrap_or_else(|| {
            let place = self.hand;
            self.advance();
            place
        });
        self.places.insert(key, place);
        if let Some((gone, _)) = self.frames[place].replace((key, known)) {
            self.places.remove(&gone);
        }
    }

    pub(super) fn remove(&mut self, key: Key) {
        if let Some(place) = self.places.remove(&key) {
            self.frames[place] = None;
            self.free.push(place);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.free.is_empty()
    }

    /// Pages in it.
    pub(super) fn pages(&self) -> usize {
        self.places.len()
    }

    /// What is known of the page that the hand points to.
    pub(super) fn here(&mut self) -> Option<&mut T> {
        self.frames[self.hand].as_mut().map(|(_, known)| known)
    }

    pub(super) fn advance(&mut self) {
        self.hand = (self.hand + 1) % self.frames.len();
    }
}
