// SPDX-License-Identifier: GPL-2.0
//! One thread, whose operations follow from the seed alone. Calls that break the contract are shrunk to as few as still do.

use super::operation::{
    Answer, Chooser, Key, Operation, PoolNumber, INDEXES, SHARED, SHARED_AGAIN,
};
use super::rules::{self, Held};
use super::{Counts, Extent, Target};
use crate::outcome::Outcome;
use std::collections::HashMap;

/// The most times that a failure is tried again to shrink it.
const PATIENCE: u32 = 2_000;

type Calls = Vec<Vec<Operation>>;

/// What each page must be.
#[derive(Default)]
struct Reference {
    held: HashMap<Key, Held>,
}

pub fn run<T: Target>(
    make: impl Fn() -> Outcome<T>,
    seed: u64,
    pools: &[PoolNumber],
    extent: Extent,
) -> Outcome<Counts> {
    let target = make()?;
    let mut reference = Reference::default();
    let mut chooser = Chooser::new(seed, 0, pools);
    let mut counts = Counts::default();
    let mut calls = 0;
    while extent.goes_on(counts.operations) {
        let call = chooser.call_or_recreate();
        calls += 1;
        let answers = target.perform(&call)?;
        counts.note(&answers);
        if let Err(why) = reference.check(&call, &answers) {
            // What is shared ends with its last user.
            drop(target);
            let mut chooser = Chooser::new(seed, 0, pools);
            let all = (0..calls).map(|_| chooser.call_or_recreate()).collect();
            return Err(report(make, seed, calls, &why, all).into());
        }
    }
    Ok(counts)
}

fn report<T: Target>(
    make: impl Fn() -> Outcome<T>,
    seed: u64,
    calls: usize,
    why: &str,
    all: Calls,
) -> String {
    let fails = |calls: &Calls| replay(&make, calls).unwrap_or(false);
    let shrunk = if fails(&all) {
        let few = shrink(all, fails);
        let lines: Vec<_> = few.iter().map(|call| format!("  {call:x?}")).collect();
        format!("these {} calls do it:\n{}", few.len(), lines.join("\n"))
    } else {
        "the same calls again do not".into()
    };
    format!("seed {seed}, call {calls}: {why}\n{shrunk}")
}

/// Whether these calls, on pools of their own, break the contract.
fn replay<T: Target>(make: &impl Fn() -> Outcome<T>, calls: &Calls) -> Outcome<bool> {
    let target = make()?;
    let mut reference = Reference::default();
    for call in calls {
        if reference.check(call, &target.perform(call)?).is_err() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Delta debugging: leaves out ever smaller pieces, as long as the rest still fails.
fn shrink(calls: Calls, fails: impl Fn(&Calls) -> bool) -> Calls {
    let mut few = tail(calls, &fails);
    let singles: Calls = few
        .iter()
        .flatten()
        .map(|operation| vec![*operation])
        .collect();
    if fails(&singles) {
        few = singles;
    }
    let mut patience = PATIENCE;
    let mut piece = few.len().div_ceil(2);
    while piece > 0 && patience > 0 {
        let mut at = 0;
        let before = few.len();
        while at < few.len() && patience > 0 {
            let mut fewer = few.clone();
            fewer.drain(at..(at + piece).min(few.len()));
            patience -= 1;
            if fails(&fewer) {
                few = fewer;
            } else {
                at += piece;
            }
        }
        // One at a time, until nothing more can go.
        if piece > 1 {
            piece /= 2;
        } else if few.len() == before {
            piece = 0;
        }
    }
    few
}

/// Most failures come of what was done last.
fn tail(calls: Calls, fails: &impl Fn(&Calls) -> bool) -> Calls {
    let mut length = 2;
    while length < calls.len() {
        let last = calls[calls.len() - length..].to_vec();
        if fails(&last) {
            return last;
        }
        length *= 2;
    }
    calls
}

impl Reference {
    fn check(&mut self, call: &[Operation], answers: &[Answer]) -> Result<(), String> {
        if call.len() != answers.len() {
            return Err(format!("{} answers to {call:x?}", answers.len()));
        }
        call.iter()
            .zip(answers)
            .try_for_each(|(operation, answer)| self.step(operation, answer))
    }

    fn step(&mut self, operation: &Operation, answer: &Answer) -> Result<(), String> {
        match *operation {
            Operation::Put(key, _) | Operation::Get(key) | Operation::FlushPage(key) => {
                self.page(key.page(), operation, answer)
            }
            Operation::FlushObject(key) => (0..INDEXES)
                .try_for_each(|index| self.page(Key { index, ..key }.page(), operation, answer)),
            Operation::Recreate(pool) => self.recreated(pool, answer),
        }
    }

    fn page(&mut self, key: Key, operation: &Operation, answer: &Answer) -> Result<(), String> {
        let held = self.held.entry(key).or_default();
        let after = rules::after(key.pool, *held, operation, answer);
        *held = after.ok_or_else(|| {
            format!("{operation:x?} must not end with {answer:x?} where {held:x?} is held")
        })?;
        Ok(())
    }

    /// The shared pool stays with the other file that has it.
    fn recreated(&mut self, pool: PoolNumber, answer: &Answer) -> Result<(), String> {
        if *answer != Answer::Done {
            return Err(format!("pool {pool} could not be made anew: {answer:?}"));
        }
        if pool != SHARED && pool != SHARED_AGAIN {
            self.held.retain(|key, _| key.pool != pool);
        }
        Ok(())
    }
}
