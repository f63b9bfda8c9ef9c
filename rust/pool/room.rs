// SPDX-License-Identifier: GPL-2.0
//! Making room: ephemeral pages leave, the ones that nobody asked for first.
//!
//! Under `state` (pools.rs), by one at a time. The clock's hand goes round all ephemeral pools: a
//! page that was put or got since it last came by stays for another round.
#![forbid(unsafe_code)]

use super::{
    index::Position,
    pools::{Pools, State},
    Kind,
};
/// Where the hand is.
#[derive(Clone, Copy)]
pub(super) struct Hand {
    pool: usize,
    at: Position,
}

impl Hand {
    pub(super) const START: Self = Self {
        pool: 0,
        at: Position::START,
    };

    fn next_pool(&mut self) {
        self.pool = self.pool.wrapping_add(1);
        self.at = Position::START;
    }
}

/// Pages that leave at once: room for some puts to come, in a bounded time.
const BATCH: usize = 32;

/// Pages that the hand passes at most for them.
const MOST_PASSED: usize = 1024;

impl Pools {
    /// Drops some pages; whether there was one. May sleep, for no longer than others take to do the
    /// same.
    pub(super) fn make_room(&self) -> bool {
        self.has_ephemeral() && evict(&mut self.state.lock(), BATCH) > 0
    }
}

/// Drops `wanted` pages if it finds as many; how many it did.
fn evict(state: &mut State, wanted: usize) -> usize {
    let mut evicted = 0;
    for _ in 0..MOST_PASSED {
        if evicted == wanted {
            break;
        }
        match step(state) {
            Some(true) => evicted = evicted.wrapping_add(1),
            Some(false) => {}
            None => break,
        }
    }
    evicted
}

/// The hand goes on by one page; whether that left. [`None`] when there is no page to find.
fn step(state: &mut State) -> Option<bool> {
    let hand = &mut state.hand;
    for _ in 0..=state.members.len() {
        match state.members.get(hand.pool) {
            None => *hand = Hand::START,
            Some(member) if member.pool.kind == Kind::Persistent => hand.next_pool(),
            Some(member) => match member.pool.index.next(hand.at) {
                None => hand.next_pool(),
                Some(position) => {
                    hand.at = position.after();
                    return Some(member.pool.evict(position));
                }
            },
        }
    }
    None
}
