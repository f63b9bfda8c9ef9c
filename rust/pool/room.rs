// SPDX-License-Identifier: GPL-2.0
//! Making room: ephemeral pages leave, the ones first that are worth least.
//!
//! Under `state` (pools.rs). Of some thousand pages those that are to leave are chosen at once, and then of the next ones.
#![forbid(unsafe_code)]

use super::{
    followed::Followed,
    pools::{Pools, State},
    tend::Walk,
    Handle, Pool,
};
use crate::{
    account::{Kind, Owner},
    core::{
        policy::{
            least::{Least, Valued},
            lifetimes::Worths,
        },
        totals,
    },
    ffi::machine,
    store::{Content, Counter, Store},
};
use kernel::{prelude::*, sync::Arc};

/// Pages that leave at once: room for some puts to come, in a bounded time.
const BATCH: usize = 32;

/// Batches that leave before the arena is compacted instead.
const MOST_BATCHES: usize = 16;

/// Pages that are looked at, or leave, at most without a pause.
pub(super) const MOST_PASSED: usize = 1024;

/// Pages of which some are chosen, and the part that is: half a million instructions for who puts a page.
const SEARCHED: usize = 2048;
const PART: u64 = 8;

/// A page that was chosen, of that pool, and when it came or was last asked for.
type Chosen = (u32, Handle, Option<u16>);

/// Those that leave next.
pub(super) struct Leaving {
    followed: Arc<Followed>,
    chosen: Least<KVVec<Valued<Chosen>>>,
    hand: Walk,
}

impl Leaving {
    const ROOM: usize = SEARCHED / PART as usize;

    /// Bytes of memory that it takes.
    pub(super) const BYTES: u64 =
        (Self::ROOM * size_of::<Valued<Chosen>>()) as u64 + Followed::BYTES;

    /// None yet. May sleep. ENOMEM.
    pub(super) fn new() -> Result<Self> {
        let none = Valued {
            worth: 0,
            page: (0, Handle::default(), None),
        };
        Ok(Self {
            followed: Arc::new(Followed::new()?, GFP_KERNEL)?,
            chosen: Least::new(KVVec::from_elem(none, Self::ROOM, GFP_KERNEL)?),
            hand: Walk::START,
        })
    }

    /// What follows the pages.
    pub(super) fn followed(&self) -> Arc<Followed> {
        self.followed.clone()
    }
}

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
        for parts in [1, 2, u64::MAX] {
            let mut walk = Walk::START;
            while accounts.is_above_low(owner) && self.shed_some(owner, parts, &mut walk) {
                machine::cond_resched();
            }
        }
    }

    /// As many as are passed at once, of those since which that part of all came; whether there are more.
    fn shed_some(&self, owner: Owner, parts: u64, walk: &mut Walk) -> bool {
        let state = self.state.lock();
        let Some(leaving) = &state.leaving else {
            return false;
        };
        let old = pages(&state) / parts;
        let accounts = self.accounts();
        let wanted = |whose| accounts.is_within(whose, owner);
        for _ in 0..MOST_PASSED {
            let Some((pool, position)) = walk.next(&state, is_ephemeral) else {
                return false;
            };
            pool.evict(&position.handle(), wanted, |came| {
                came.is_none_or(|came| leaving.followed.since(came) >= old)
            });
            if !accounts.is_above_low(owner) {
                return false;
            }
        }
        true
    }
}

fn is_ephemeral(pool: &Pool) -> bool {
    pool.kind.is_ephemeral()
}

/// All ephemeral pages.
fn pages(state: &State) -> u64 {
    let pools = state.members.iter().map(|member| &member.pool);
    let pages = |pool: &Arc<Pool>| pool.counters.sum(Counter::Pages);
    pools.filter(|pool| is_ephemeral(pool)).map(pages).sum()
}

/// Estimates for how many there is room: what they are worth depends on it.
pub(super) fn estimate_room(state: &State) {
    if let (Some(leaving), Some(store)) = (&state.leaving, &state.store) {
        let room = totals::share(store.policy().max_bytes(), pages(state), store.held());
        leaving.followed.set_room(room);
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
    let Some(store) = state.store.clone() else {
        return 0;
    };
    let giver = store.accounts().who_gives(Kind::Ephemeral);
    let gives = |owner| giver.is_none_or(|giver| giver == owner);
    let evicted = evict_chosen(state, wanted, gives);
    if evicted > 0 {
        return evicted;
    }
    choose(state, &store, gives);
    evict_chosen(state, wanted, gives)
}

fn evict_chosen(state: &mut State, wanted: usize, gives: impl Fn(Owner) -> bool) -> usize {
    let State {
        members, leaving, ..
    } = state;
    let Some(leaving) = leaving else { return 0 };
    let mut evicted = 0;
    while evicted < wanted {
        let Some((id, handle, came)) = leaving.chosen.take() else {
            break;
        };
        let member = members.iter().find(|member| member.pool.id == *id);
        let leaves = |pool: &Pool| pool.evict(handle, &gives, |now| now == *came);
        evicted += usize::from(member.is_some_and(|member| leaves(&member.pool)));
    }
    evicted
}

/// Looks at the next pages for those that are worth least.
fn choose(state: &mut State, store: &Store, gives: impl Fn(Owner) -> bool) {
    estimate_room(state);
    let all = pages(state).min(SEARCHED as u64);
    let Some(mut leaving) = state.leaving.take() else {
        return;
    };
    leaving.chosen.clear();
    let worths = leaving.followed.worths();
    for _ in 0..all {
        let next = leaving.hand.next(state, is_ephemeral);
        let Some((pool, position)) = next.or_else(|| {
            leaving.hand = Walk::START;
            leaving.hand.next(state, is_ephemeral)
        }) else {
            break;
        };
        if let Some(valued) = value(pool, position.handle(), store, &worths, &gives) {
            leaving.chosen.offer(valued, all.div_ceil(PART) as usize);
        }
    }
    leaving.chosen.sort();
    state.leaving = Some(leaving);
}

/// What it is worth to keep a page, if its account gives some. A word takes no room: it is worth nothing.
fn value(
    pool: &Pool,
    handle: Handle,
    store: &Store,
    worths: &Worths,
    gives: impl Fn(Owner) -> bool,
) -> Option<Valued<Chosen>> {
    let known = |content: &Content| gives(content.owner()).then(|| store.hold(content).came());
    let came = pool.index.with(&handle, known).flatten()?;
    Some(Valued {
        worth: came.map_or(0, |(came, bytes)| worths.of(came, bytes)),
        page: (pool.id, handle, came.map(|(came, _)| came)),
    })
}
