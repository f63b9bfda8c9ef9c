// SPDX-License-Identifier: GPL-2.0
//! Random operations on few handles of the pools of /dev/tmem. Every answer is checked against the contract, which allows several:
//! `rules` says which. From one thread the whole run is replayed by its seed, and a failure shrunk to the few operations that it
//! takes; from several, each handle's history is searched for an order that the contract allows.

mod concurrent;
mod device;
#[cfg(test)]
mod fake;
mod history;
mod operation;
mod page;
mod rules;
mod sequential;
#[cfg(test)]
mod tests;

use crate::outcome::Outcome;
use clap::Args;
use device::Device;
use operation::{Answer, Operation};
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct Options {
    /// Operations in all
    #[arg(long, default_value_t = 1_000_000)]
    ops: u64,
    /// End after so many seconds, whatever is left
    #[arg(long)]
    seconds: Option<u64>,
    #[arg(long, default_value_t = 4)]
    threads: usize,
    /// Of the choices; from one thread it replays them exactly (default: another one each time)
    #[arg(long)]
    seed: Option<u64>,
    /// Leave persistent pools out: their pages are refused to whoever is not root
    #[arg(long)]
    no_persistent: bool,
}

/// What is tested: pools, one of each kind.
pub trait Target: Sync {
    /// Does operations, more than one as a batch; an answer to each.
    fn perform(&self, operations: &[Operation]) -> Outcome<Vec<Answer>>;
}

/// How long a run goes on.
#[derive(Clone, Copy)]
struct Extent {
    operations: u64,
    end: Option<Instant>,
}

impl Extent {
    fn goes_on(&self, done: u64) -> bool {
        done < self.operations && self.end.is_none_or(|end| Instant::now() < end)
    }
}

/// How often what happened: a run in which all gets missed has tested nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    operations: u64,
    hits: u64,
    misses: u64,
    refused: u64,
}

impl Counts {
    fn note(&mut self, answers: &[Answer]) {
        self.operations += answers.len() as u64;
        for answer in answers {
            match answer {
                Answer::Hit(_) => self.hits += 1,
                Answer::Miss => self.misses += 1,
                Answer::Refused => self.refused += 1,
                Answer::Done | Answer::Wrong(_) => {}
            }
        }
    }
}

pub fn run(options: &Options) -> Outcome {
    let seed = options.seed.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(1, |time| time.as_nanos() as u64 >> 10)
    });
    println!("seed={seed}");
    let extent = Extent {
        operations: options.ops,
        end: options
            .seconds
            .map(|seconds| Instant::now() + Duration::from_secs(seconds)),
    };
    let pools = if options.no_persistent {
        operation::WITHOUT_PERSISTENT
    } else {
        operation::ALL_POOLS
    };
    let make = || Device::new(seed);
    let counts = match options.threads {
        0 => return Err("at least one thread".into()),
        1 => sequential::run(make, seed, pools, extent)?,
        threads => concurrent::run(&make()?, seed, pools, threads, extent)?,
    };
    println!("operations={}", counts.operations);
    println!("hits={}", counts.hits);
    println!("misses={}", counts.misses);
    println!("refused={}", counts.refused);
    Ok(())
}
