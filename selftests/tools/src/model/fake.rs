// SPDX-License-Identifier: GPL-2.0
//! Pools in this process, right or with a planted bug: a checker that has never failed has not been seen to work.

use super::operation::{Answer, Key, Operation, EPHEMERAL, INDEXES, PERSISTENT};
use super::page::Id;
use super::Target;
use crate::content::Rng;
use crate::outcome::Outcome;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is wrong with the pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    None,
    /// A second put leaves the first page there.
    PutKeepsOlder,
    /// A refused put leaves the older page there.
    RefusalKeepsOlder,
    /// A miss, and then the page is there after all.
    ComesBack,
    /// A get of a private ephemeral page leaves it there.
    GetLeaves,
    /// A persistent page is dropped.
    DropsPersistent,
    /// A get gives the neighbour's page.
    Neighbour,
    FlushPageIgnored,
    FlushObjectIgnored,
    /// flush_object forgets all but the last page.
    FlushObjectMisses,
    /// flush_page flushes the whole object of a persistent pool.
    FlushesTooMuch,
    RecreateKeepsPages,
    /// Bytes of two pages.
    Torn,
    /// Two threads' puts of a page: the older one is let go of before the new one is there.
    PutHasGap,
    /// A get looks, and takes what it saw away later, whatever is there then.
    GetTakesLater,
}

pub struct Fake {
    bug: Bug,
    state: Mutex<State>,
}

struct State {
    pages: HashMap<Key, Id>,
    /// What was lost and may come back.
    lost: HashMap<Key, Id>,
}

impl Fake {
    pub fn new(bug: Bug) -> Self {
        Self {
            bug,
            state: Mutex::new(State {
                pages: HashMap::new(),
                lost: HashMap::new(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, key: Key, id: Id) -> Answer {
        if self.bug == Bug::PutHasGap {
            self.lock().pages.remove(&key);
            std::thread::yield_now();
        }
        let mut state = self.lock();
        if chance(id, 10) {
            if self.bug != Bug::RefusalKeepsOlder {
                state.pages.remove(&key);
            }
            return Answer::Refused;
        }
        if self.bug == Bug::PutKeepsOlder && state.pages.contains_key(&key) {
            return Answer::Done;
        }
        state.lost.remove(&key);
        state.pages.insert(key, id);
        Answer::Done
    }

    fn get(&self, key: Key) -> Answer {
        let mut state = self.lock();
        if state.goes(key, self.bug) {
            if let Some(id) = state.pages.remove(&key) {
                state.lost.insert(key, id);
            }
            return Answer::Miss;
        }
        let looked_up = if self.bug == Bug::Neighbour {
            let index = key.index ^ 1;
            Key { index, ..key }
        } else {
            key
        };
        let back = state.lost.get(&key).filter(|_| self.bug == Bug::ComesBack);
        let Some(id) = state.pages.get(&looked_up).or(back).copied() else {
            return Answer::Miss;
        };
        if self.bug == Bug::Torn && chance(id, 30) {
            return Answer::Wrong("torn".into());
        }
        if key.pool != EPHEMERAL || self.bug == Bug::GetLeaves {
            return Answer::Hit(id);
        }
        if self.bug == Bug::GetTakesLater {
            drop(state);
            std::thread::yield_now();
            state = self.lock();
        }
        state.pages.remove(&looked_up);
        Answer::Hit(id)
    }

    fn flush_object(&self, key: Key) {
        let last = match self.bug {
            Bug::FlushObjectIgnored => return,
            Bug::FlushObjectMisses => INDEXES - 1,
            _ => INDEXES,
        };
        let mut state = self.lock();
        for index in 0..last {
            state.forget(Key { index, ..key });
        }
    }

    fn flush_page(&self, key: Key) {
        match self.bug {
            Bug::FlushPageIgnored => {}
            Bug::FlushesTooMuch => self.flush_object(key),
            _ => self.lock().forget(key),
        }
    }
}

impl State {
    /// Whether a page goes by itself now.
    fn goes(&self, key: Key, bug: Bug) -> bool {
        let may_go = key.pool != PERSISTENT || bug == Bug::DropsPersistent;
        may_go && self.pages.get(&key).is_some_and(|id| chance(*id, 20))
    }

    fn forget(&mut self, key: Key) {
        self.pages.remove(&key);
        self.lost.remove(&key);
    }
}

/// Of one in `of`, by the page alone: the same operations again end the same.
fn chance(id: Id, of: u64) -> bool {
    Rng::new(id ^ (of << 50)).below(of) == 0
}

impl Target for Fake {
    fn perform(&self, operations: &[Operation]) -> Outcome<Vec<Answer>> {
        let single = |operation: &Operation| match *operation {
            Operation::Put(key, id) => self.put(key.page(), id),
            Operation::Get(key) => self.get(key.page()),
            Operation::FlushPage(key) => {
                self.flush_page(key.page());
                Answer::Done
            }
            Operation::FlushObject(key) => {
                self.flush_object(key.page());
                Answer::Done
            }
            Operation::Recreate(pool) => {
                if self.bug != Bug::RecreateKeepsPages && [EPHEMERAL, PERSISTENT].contains(&pool) {
                    self.lock().pages.retain(|key, _| key.pool != pool);
                    self.lock().lost.retain(|key, _| key.pool != pool);
                }
                Answer::Done
            }
        };
        Ok(operations.iter().map(single).collect())
    }
}
