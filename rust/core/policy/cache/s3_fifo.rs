// SPDX-License-Identifier: GPL-2.0
//! S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: FIFO Queues Are All You Need for Cache Eviction, 2023).
#![forbid(unsafe_code)]

use super::{queue::Queue, Cache, Key, Reference};
use std::collections::HashMap;

/// The most that is counted of a page.
const MOST: u8 = 3;

/// New pages wait in a FIFO of a tenth of the frames. Those that were asked for twice there, or come back not long after they
/// left it, go to the main FIFO, where each request is worth another round.
pub struct S3Fifo {
    frames: usize,
    small: Queue,
    main: Queue,
    /// Names of pages that left the small one, as many as the main one may have pages.
    ghost: Queue,
    requests: HashMap<Key, u8>,
}

impl S3Fifo {
    /// An empty one.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            small: Queue::default(),
            main: Queue::default(),
            ghost: Queue::default(),
            requests: HashMap::new(),
        }
    }

    /// A page leaves the small queue, or goes from there to the main one.
    fn shorten_small(&mut self, key: Key) {
        if self.requests.insert(key, 0) > Some(1) {
            self.main.push(key);
            return;
        }
        self.requests.remove(&key);
        self.ghost.push(key);
        self.ghost.shorten(self.frames - self.frames / 10);
    }

    /// A page leaves the main queue, or goes another round.
    fn shorten_main(&mut self) {
        let Some(key) = self.main.pop() else { return };
        match self.requests.get_mut(&key) {
            Some(requests) if *requests > 0 => {
                *requests -= 1;
                self.main.push(key);
            }
            _ => {
                self.requests.remove(&key);
            }
        }
    }

    fn make_room(&mut self) {
        while self.pages() >= self.frames {
            let enough = self.small.len() >= (self.frames / 10).max(1) || self.main.len() == 0;
            match enough.then(|| self.small.pop()).flatten() {
                Some(key) => self.shorten_small(key),
                None => self.shorten_main(),
            }
        }
    }
}

impl Cache for S3Fifo {
    fn get(&mut self, page: Reference) -> bool {
        let Some(requests) = self.requests.get_mut(&page.key) else {
            return false;
        };
        *requests = (*requests + 1).min(MOST);
        true
    }

    fn put(&mut self, page: Reference) {
        if self.get(page) {
            return;
        }
        // Asked first: making room may forget it.
        let again = self.ghost.remove(page.key);
        self.make_room();
        self.requests.insert(page.key, 0);
        if again {
            self.main.push(page.key);
        } else {
            self.small.push(page.key);
        }
    }

    fn flush(&mut self, key: Key) {
        if self.requests.remove(&key).is_some() {
            let _ = self.small.remove(key) || self.main.remove(key);
        }
    }

    fn holds(&self, key: Key) -> bool {
        self.requests.contains_key(&key)
    }

    fn pages(&self) -> usize {
        self.small.len() + self.main.len()
    }
}
