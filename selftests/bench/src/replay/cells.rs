// SPDX-License-Identifier: GPL-2.0
//! A trace, replayed with each policy in pools of each size.

use crate::events::{Event, Trace, What};
use serde::Serialize;
use tmem_core::policy::cache::{Adaptive, Cache, Opt, Reference, ONLINE};

/// Frames, as one part of so many of the trace's footprint.
pub const PARTS: [usize; 3] = [8, 4, 2];

/// What the module does; and what nobody does better than.
pub const OURS: &str = "tmem";
pub const BEST: &str = "OPT";

/// What becomes of a page that is got.
#[derive(Clone, Copy, PartialEq)]
pub enum Contract {
    /// It stays until it is flushed.
    Persistent,
    /// It goes.
    Ephemeral,
}

/// What all policies missed in a pool of one size.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    pub part: usize,
    pub frames: usize,
    pub misses: Vec<(&'static str, usize)>,
}

impl Cell {
    pub fn all(trace: &Trace, contract: Contract) -> Vec<Self> {
        PARTS.map(|part| Self::of(trace, contract, part)).into()
    }

    fn of(trace: &Trace, contract: Contract, part: usize) -> Self {
        let frames = (trace.footprint / part).max(1);
        let caches = ONLINE.iter().map(|(name, make)| (*name, make(frames)));
        let ours: Box<dyn Cache> = Box::new(match contract {
            Contract::Persistent => Adaptive::new(frames),
            Contract::Ephemeral => Adaptive::ephemeral(frames),
        });
        let best: Box<dyn Cache> = Box::new(Opt::with_bypass(frames));
        let caches = caches.chain([(OURS, ours), (BEST, best)]);
        let misses = caches
            .map(|(name, mut cache)| (name, misses(name, &mut *cache, &trace.events, contract)))
            .collect();
        Self {
            part,
            frames,
            misses,
        }
    }

    pub fn of_policy(&self, wanted: &str) -> usize {
        let found = self.misses.iter().find(|(name, _)| *name == wanted);
        found.map_or(0, |(_, misses)| *misses)
    }

    /// The least of the policies that do not know the future, ours not among them.
    pub fn least(&self) -> usize {
        let online = ONLINE.iter().map(|(name, _)| self.of_policy(name));
        online.min().unwrap_or(0)
    }

    /// How many times as many as the least.
    pub fn ratio(&self, policy: &str) -> f64 {
        match (self.of_policy(policy), self.least()) {
            (0, 0) => 1.0,
            (misses, least) => misses as f64 / least as f64,
        }
    }
}

/// Gets of pages that are not there. As in the module, such a get brings nothing in: the page is read from elsewhere, and put again
/// some day. OPT alone may take it back, so that it is the bound for those who would, too.
fn misses(name: &str, cache: &mut dyn Cache, events: &[Event], contract: Contract) -> usize {
    let mut misses = 0;
    for event in events {
        let page = Reference {
            key: event.key,
            place: event.slot,
            dirty: event.what == What::Put,
            next: event.next,
        };
        match event.what {
            What::Put => cache.put(page),
            What::Flush => cache.flush(event.key),
            What::Get => {
                let hit = cache.get(page);
                misses += usize::from(!hit);
                match contract {
                    Contract::Ephemeral => cache.flush(event.key),
                    Contract::Persistent if !hit && name == BEST => cache.put(page),
                    Contract::Persistent => {}
                }
            }
        }
    }
    misses
}

#[cfg(test)]
mod tests {
    use super::*;
    use tmem_core::trace::{Event::Flush, Event::Get, Event::Put, Record};

    fn trace(steps: impl IntoIterator<Item = (tmem_core::trace::Event, u64)>) -> Trace {
        let record = |(time, (event, slot))| Record {
            key: slot + 100,
            ..Record::new(event, time, 0, slot)
        };
        Trace::of("made", (0..).zip(steps).map(record).collect())
    }

    /// Eight pages come, and are got again in the order in which they came, or in the other one.
    fn there_and_back(backwards: bool) -> Trace {
        let puts = (0..8).map(|slot| (Put, slot));
        let gets = (0..8).map(|slot| (Get, if backwards { 7 - slot } else { slot }));
        let gets = gets.flat_map(|get| [get, (Flush, get.1)]);
        trace(puts.chain(gets))
    }

    #[test]
    fn sizes_are_parts_of_the_footprint() {
        let cells = Cell::all(&there_and_back(false), Contract::Persistent);
        let frames: Vec<_> = cells.iter().map(|cell| cell.frames).collect();
        assert_eq!(frames, [1, 2, 4]);
    }

    #[test]
    fn misses_are_gets_of_what_has_left() {
        for contract in [Contract::Persistent, Contract::Ephemeral] {
            for backwards in [false, true] {
                let cells = Cell::all(&there_and_back(backwards), contract);
                let fifo: Vec<_> = cells.iter().map(|cell| cell.of_policy("FIFO")).collect();
                let opt: Vec<_> = cells.iter().map(|cell| cell.of_policy(BEST)).collect();
                assert_eq!(opt, [7, 6, 4], "backwards: {backwards}");
                assert_eq!(fifo, [7, 6, 4], "backwards: {backwards}");
            }
        }
    }

    #[test]
    fn nobody_is_better_than_opt() {
        let mut state = 1_u64;
        let steps = (0..20_000).map(|_| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let event = [Put, Get, Get, Flush][(state >> 40) as usize % 4];
            (event, (state >> 50) % 200)
        });
        let trace = trace(steps);
        for contract in [Contract::Persistent, Contract::Ephemeral] {
            for cell in Cell::all(&trace, contract) {
                let best = cell.of_policy(BEST);
                assert!(
                    best > 0 && cell.misses.iter().all(|(_, misses)| *misses >= best),
                    "{cell:?}"
                );
            }
        }
    }
}
