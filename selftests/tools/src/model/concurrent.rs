// SPDX-License-Identifier: GPL-2.0
//! Several threads at once, in rounds. After each, every page's history is searched (history.rs). In every other round each thread
//! has objects of its own: then only one answer is right, whatever the others do.

use super::history::{describe, search, Event};
use super::operation::{Chooser, Key, Operation, PoolNumber, INDEXES, OBJECTS};
use super::rules::Held;
use super::{Counts, Extent, Target};
use crate::outcome::Outcome;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Calls of a thread in a round: what is searched at once.
const CALLS: usize = 200;

struct Round {
    number: u64,
    disjoint: bool,
}

/// What may be held under each key when no operation is under way.
type State = HashMap<Key, HashSet<Held>>;

/// Tells which of two moments was earlier.
#[derive(Default)]
struct Clock(AtomicU64);

impl Clock {
    fn now(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

pub fn run(
    target: &dyn Target,
    seed: u64,
    pools: &[PoolNumber],
    threads: usize,
    extent: Extent,
) -> Outcome<Counts> {
    let choosers: Vec<_> = (0..threads)
        .map(|user| Mutex::new(Chooser::new(seed, user as u64, pools)))
        .collect();
    let clock = Clock::default();
    let mut state = State::new();
    let mut counts = Counts::default();
    let mut number = 0;
    while extent.goes_on(counts.operations) {
        let round = Round {
            number,
            disjoint: number % 2 == 1 && threads <= usize::from(OBJECTS),
        };
        let events = play(target, &choosers, &clock, &round)?;
        for events in &events {
            for event in events {
                counts.note(std::slice::from_ref(&event.answer));
            }
        }
        check(&mut state, &events).map_err(|why| format!("seed {seed}, round {number}: {why}"))?;
        number += 1;
    }
    Ok(counts)
}

/// Lets all threads do their calls; the events of each.
fn play(
    target: &dyn Target,
    choosers: &[Mutex<Chooser<'_>>],
    clock: &Clock,
    round: &Round,
) -> Outcome<Vec<Vec<Event>>> {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..)
            .zip(choosers)
            .map(|(user, chooser)| {
                scope.spawn(move || {
                    let mut chooser = chooser.lock().unwrap_or_else(PoisonError::into_inner);
                    chooser.restrict(objects(user, round));
                    calls(target, &mut chooser, clock)
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or(Err("a thread panicked".into())))
            .collect()
    })
}

/// Whose objects are whose changes with the rounds.
fn objects(user: u64, round: &Round) -> Vec<u8> {
    if round.disjoint {
        let own = (user + round.number / 2) % u64::from(OBJECTS);
        vec![own as u8]
    } else {
        (0..OBJECTS).collect()
    }
}

fn calls(target: &dyn Target, chooser: &mut Chooser<'_>, clock: &Clock) -> Outcome<Vec<Event>> {
    let mut events = Vec::with_capacity(2 * CALLS);
    for _ in 0..CALLS {
        let operations = chooser.call();
        let start = clock.now();
        let answers = target.perform(&operations)?;
        let end = clock.now();
        for (operation, answer) in operations.into_iter().zip(answers) {
            events.push(Event {
                start,
                end,
                operation,
                answer,
            });
        }
    }
    Ok(events)
}

fn check(state: &mut State, events: &[Vec<Event>]) -> Result<(), String> {
    for (key, threads) in by_key(events) {
        let before = state.entry(key).or_insert_with(|| HashSet::from([None]));
        let after = search(key.pool, before, &threads);
        if after.is_empty() {
            let story = describe(before, &threads);
            return Err(format!("no order of these explains page {key:?}:\n{story}"));
        }
        *before = after;
    }
    Ok(())
}

/// The events of each page by thread.
fn by_key(all: &[Vec<Event>]) -> HashMap<Key, Vec<Vec<Event>>> {
    let mut keys: HashMap<Key, Vec<Vec<Event>>> = HashMap::new();
    for (thread, events) in all.iter().enumerate() {
        for event in events {
            for key in pages_of(&event.operation) {
                let threads = keys
                    .entry(key)
                    .or_insert_with(|| vec![Vec::new(); all.len()]);
                threads[thread].push(event.clone());
            }
        }
    }
    keys
}

/// The pages that an operation is about. It is not said that an object's go at the same moment.
fn pages_of(operation: &Operation) -> Vec<Key> {
    match *operation {
        Operation::Put(key, _) | Operation::Get(key) | Operation::FlushPage(key) => {
            vec![key.page()]
        }
        Operation::FlushObject(key) => (0..INDEXES)
            .map(|index| Key { index, ..key }.page())
            .collect(),
        Operation::Recreate(_) => Vec::new(),
    }
}
