// SPDX-License-Identifier: GPL-2.0
//! Whether what several threads saw of one page at the same time can have happened: whether there is an order of their operations
//! that each thread's own order and the clock agree with, and the contract allows.

use super::operation::{Answer, Operation, PoolNumber};
use super::rules::{self, Held};
use std::collections::HashSet;
use std::fmt::Write;

/// An operation, and when it was under way.
#[derive(Clone, Debug)]
pub struct Event {
    pub start: u64,
    pub end: u64,
    pub operation: Operation,
    pub answer: Answer,
}

/// How far each thread is in its events, and what is held then.
type Position = (Vec<usize>, Held);

/// What may be held after all of them, if it was one of `before`. None at all: this cannot have happened.
///
/// A flush_object ends when it finds no page of the object any more. Until then it may take what is put meanwhile, too.
pub fn search(pool: PoolNumber, before: &HashSet<Held>, threads: &[Vec<Event>]) -> HashSet<Held> {
    let start = vec![0; threads.len()];
    let mut open: Vec<Position> = before.iter().map(|held| (start.clone(), *held)).collect();
    let mut seen: HashSet<Position> = open.iter().cloned().collect();
    let mut after = HashSet::new();
    while let Some((done, held)) = open.pop() {
        if done
            .iter()
            .zip(threads)
            .all(|(done, events)| *done == events.len())
        {
            after.insert(held);
            continue;
        }
        for thread in candidates(threads, &done) {
            let event = &threads[thread][done[thread]];
            let Some(held) = rules::after(pool, held, &event.operation, &event.answer) else {
                continue;
            };
            let mut next = vec![(done.clone(), held)];
            next[0].0[thread] += 1;
            if matches!(event.operation, Operation::FlushObject(_)) {
                next.push((done.clone(), held));
            }
            for position in next {
                if seen.insert(position.clone()) {
                    open.push(position);
                }
            }
        }
    }
    after
}

/// Threads whose next event may be the next of all: no other had ended before it began.
fn candidates(threads: &[Vec<Event>], done: &[usize]) -> Vec<usize> {
    let next = |thread: &usize| threads[*thread].get(done[*thread]);
    let ends = (0..threads.len()).filter_map(|thread| next(&thread).map(|event| event.end));
    let first_end = ends.min().unwrap_or(u64::MAX);
    (0..threads.len())
        .filter(|thread| next(thread).is_some_and(|event| event.start <= first_end))
        .collect()
}

/// For the report of a failure.
pub fn describe(before: &HashSet<Held>, threads: &[Vec<Event>]) -> String {
    let mut text = format!("held before: one of {before:x?}\n");
    let mut events: Vec<_> = (0..)
        .zip(threads)
        .flat_map(|(thread, events): (usize, _)| events.iter().map(move |event| (thread, event)))
        .collect();
    events.sort_by_key(|(_, event)| event.start);
    for (thread, event) in events {
        let _ = writeln!(
            text,
            "{:>8}..{:<8} thread {thread}: {:x?} -> {:x?}",
            event.start, event.end, event.operation, event.answer
        );
    }
    text
}
