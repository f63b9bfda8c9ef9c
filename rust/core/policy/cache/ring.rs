// SPDX-License-Identifier: GPL-2.0
//! Frames in a circle, and a hand that points to one: what the clocks have in common.
#![forbid(unsafe_code)]

use super::{Key, Reference};
use std::collections::HashMap;

/// What a clock knows of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) key: Key,
    pub(super) referenced: bool,
    pub(super) dirty: bool,
}

/// The circle. A frame that a page left is filled again by the next page.
pub(super) struct Ring {
    frames: Vec<Option<Frame>>,
    places: HashMap<Key, usize>,
    free: Vec<usize>,
    hand: usize,
}

impl Ring {
    pub(super) fn new(frames: usize) -> Self {
        Self {
            frames: vec![None; frames],
            places: HashMap::new(),
            free: (0..frames).rev().collect(),
            hand: 0,
        }
    }

    /// Whether it is there; if so, it is marked.
    pub(super) fn reference(&mut self, page: Reference) -> bool {
        let Some(frame) = self.frame(page.key) else {
            return false;
        };
        frame.referenced = true;
        frame.dirty |= page.dirty;
        true
    }

    fn frame(&mut self, key: Key) -> Option<&mut Frame> {
        self.frames[*self.places.get(&key)?].as_mut()
    }

    /// Puts a page that is not there into a free frame, or else where the hand is, which goes on.
    pub(super) fn fill(&mut self, page: Reference) {
        let place = self.free.pop().unwrap_or_else(|| {
            let place = self.hand;
            self.advance();
            place
        });
        let frame = Frame {
            key: page.key,
            referenced: true,
            dirty: page.dirty,
        };
        self.places.insert(page.key, place);
        if let Some(gone) = self.frames[place].replace(frame) {
            self.places.remove(&gone.key);
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

    /// What the hand points to.
    pub(super) fn here(&mut self) -> Option<&mut Frame> {
        self.frames[self.hand].as_mut()
    }

    pub(super) fn advance(&mut self) {
        self.hand = (self.hand + 1) % self.frames.len();
    }
}
