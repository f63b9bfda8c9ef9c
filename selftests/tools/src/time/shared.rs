// SPDX-License-Identifier: GPL-2.0
//! What the workers have in common: where they wait for each other, and what each has measured.

use super::{Plan, Step};
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use std::{slice, thread};

/// Memory of several processes: how many wait, how often all were there, and then for each worker and step when that began,
/// when it ended, and how long each request took, in ticks.
pub struct Shared {
    memory: Mapping,
    plan: Plan,
}

const WAITING: usize = 0;
const MEETINGS: usize = 1;
const FIRST: usize = 2;

impl Shared {
    pub fn new(plan: Plan) -> Outcome<Self> {
        let words = FIRST + plan.threads * plan.step_count() * (2 + plan.requests);
        let bytes = (words * 8).next_multiple_of(crate::content::PAGE);
        Ok(Self {
            memory: Mapping::new(bytes, Kind::Shared)?,
            plan,
        })
    }

    fn words(&self) -> &[AtomicU64] {
        let bytes = self.memory.bytes();
        // SAFETY: aligned to pages; all who share it use it as atomic words.
        unsafe { slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / 8) }
    }

    /// Returns when all workers have come here.
    pub fn meet(&self) {
        let words = self.words();
        let meeting = words[MEETINGS].load(Acquire);
        if words[WAITING].fetch_add(1, AcqRel) + 1 == self.plan.threads as u64 {
            words[WAITING].store(0, Relaxed);
            words[MEETINGS].store(meeting + 1, Release);
        }
        while words[MEETINGS].load(Acquire) == meeting {
            thread::yield_now();
        }
    }

    fn measured(&self, worker: usize, step: Step) -> &[AtomicU64] {
        let length = 2 + self.plan.requests;
        let number = worker * self.plan.step_count() + Plan::number(step);
        &self.words()[FIRST + number * length..][..length]
    }

    /// Notes what a worker has measured in a step: when each request began, and when the last one ended.
    pub fn note(&self, worker: usize, step: Step, times: &[u64]) {
        let measured = self.measured(worker, step);
        let (first, last) = (times[0], times[times.len() - 1]);
        let requests = times.windows(2).map(|pair| pair[1] - pair[0]);
        for (place, value) in measured
            .iter()
            .zip([first, last].into_iter().chain(requests))
        {
            place.store(value, Relaxed);
        }
    }

    /// When a worker's step began and when it ended.
    pub fn span(&self, worker: usize, step: Step) -> (u64, u64) {
        let measured = self.measured(worker, step);
        (measured[0].load(Relaxed), measured[1].load(Relaxed))
    }

    /// How long each request took.
    pub fn requests(&self, worker: usize, step: Step) -> Vec<u64> {
        let measured = &self.measured(worker, step)[2..];
        measured.iter().map(|ticks| ticks.load(Relaxed)).collect()
    }
}
