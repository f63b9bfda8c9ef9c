// SPDX-License-Identifier: GPL-2.0
//! Making room: ephemeral pages leave, the ones that nobody asked for first.
//!
//! Under `state` (pools.rs), by one at a time. The clock's hand goes round all ephemeral pools: a
//! page that was put or got since it last came by stays for another round.
#![forbid(unsafe_code)]

use super::{
    pools::{Pools, State},
    tend::Walk,
};
use crate::{
    account::{Kind, Owner},
    core::policy::{Replacement, Verdict, MOST_AGE},
    ffi::machine,
};

/// Pages that leave at once: room for some puts to come, in a bounded time.
const BATCH: usize = 32;

/// Batches that leave before the arena is compacted instead.
const MOST_BATCHES: usize = 16;

/// Pages that the hand passes at most for a batch.
pub(super) const MOST_PASSED: usize = 1024;

impl Pools {
    /// Drops pages until some memory is free; whether that was so. May sleep, for no longer than
    /// others take to do the same.
    pub(super) fn make_room(&self) -> bool {
        self.has_ephemeral() && make_room(&mut self.state.lock())
    }
}

impl Pools {
    /// Drops pages until no more is held than allowed, or there are none to drop. May sleep.
    pub(super) fn obey_cap(&self) {
        while self.has_ephemeral() && self.is_over_cap() && self.make_room() {
            machine::cond_resched();
        }
    }

    fn is_over_cap(&self) -> bool {
        let state = self.state.lock();
        let held = state.store.as_ref().map_or(0, |store| store.held());
        held > self.policy().max_bytes()
    }
}

impl Pools {
    /// Drops ephemeral pages of an account and all under it, old ones first, until it is well below
    /// its limit or has no more. May sleep.
    pub fn shed(&self, owner: Owner) {
        if !self.has_ephemeral() {
            return;
        }
        let accounts = self.accounts();
        for youngest in [MOST_AGE, MOST_AGE / 2, 0] {
            let mut walk = Walk::START;
            while accounts.is_above_low(owner) && self.shed_some(owner, youngest, &mut walk) {
                machine::cond_resched();
            }
        }
    }

    /// As many as are passed at once; whether there are more.
    fn shed_some(&self, owner: Owner, youngest: u8, walk: &mut Walk) -> bool {
        let state = self.state.lock();
        let accounts = self.accounts();
        let wanted = |whose| accounts.is_within(whose, owner);
        for _ in 0..MOST_PASSED {
            let Some((pool, position)) = walk.next(&state, |pool| pool.kind.is_ephemeral()) else {
                return false;
            };
            pool.evict(position, wanted, |age| match age >= youngest {
                true => Verdict::Leaves,
                false => Verdict::Stays(age),
            });
            if !accounts.is_above_low(owner) {
                return false;
            }
        }
        true
    }
}

/// Pages lie together in memory with others: dropping some frees none, at times.
fn make_room(state: &mut State) -> bool {
    let Some(store) = state.store.clone() else {
        return false;
    };
    let before = store.held();
    for _ in 0..MOST_BATCHES {
        let evicted = evict(state, BATCH);
        if evicted == 0 || store.held() < before {
            return evicted > 0;
        }
    }
    store.tier().compact();
    store.held() < before
}

/// Drops `wanted` pages if it finds as many, of the account that is to give some, if that has any;
/// how many it did.
pub(super) fn evict(state: &mut State, wanted: usize) -> usize {
    let giver = state
        .store
        .as_ref()
        .and_then(|store| store.accounts().who_gives(Kind::Ephemeral));
    let mut evicted = 0;
    for _ in 0..MOST_PASSED {
        if evicted == wanted {
            break;
        }
        match step(state, |owner| giver.is_none_or(|giver| giver == owner)) {
            Some(true) => evicted = evicted.wrapping_add(1),
            Some(false) => {}
            None => break,
        }
    }
    evicted
}

/// The hand goes on by one page; whether that left. [`None`] when there is no page to find.
fn step(state: &mut State, wanted: impl Fn(Owner) -> bool) -> Option<bool> {
    let ephemeral = |pool: &super::Pool| pool.kind.is_ephemeral();
    let mut hand = state.hand;
    let found = match hand.next(state, ephemeral) {
        Some(found) => Some(found),
        None => {
            hand = Walk::START;
            hand.next(state, ephemeral)
        }
    };
    let (pool, position) = found?;
    let pool = pool.clone();
    state.hand = hand;
    let clock = &mut state.clock;
    Some(pool.evict(position, wanted, |age| clock.verdict(age)))
}
