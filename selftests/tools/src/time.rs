// SPDX-License-Identifier: GPL-2.0
//! How long pages take on two disks, in turn: requests of 128 KiB, each of pages that are nowhere yet, then read back. Each round
//! begins with the other disk, and with nothing stored. The first round warms up, and does not count.
//!
//! The workers are processes: threads of one cannot run at once in user-mode Linux.

mod shared;
mod worker;

use crate::ensure;
use crate::given::Given;
use crate::mapping::Mapping;
use crate::outcome::Outcome;
use clap::Args;
use shared::Shared;
use std::arch::x86_64::_rdtsc;
use std::path::PathBuf;
use std::time::Instant;
use std::{io, process};

#[derive(Args)]
pub struct Options {
    /// The two devices
    #[arg(num_args = 2, required = true)]
    devices: Vec<PathBuf>,
    #[command(flatten)]
    given: Given,
    /// How many pages, at most
    #[arg(long, default_value_t = 8000)]
    most: usize,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    #[arg(long, default_value_t = 9)]
    rounds: usize,
}

/// Pages of a request.
const REQUEST: usize = 32;

/// What is timed, in the order in which it is done.
const WHAT: [&str; 2] = ["put", "get"];

/// How the work is divided.
#[derive(Clone, Copy)]
struct Plan {
    threads: usize,
    /// Rounds, with the one that does not count.
    rounds: usize,
    /// Requests of a worker in a step.
    requests: usize,
}

/// One operation on one device in one round.
#[derive(Clone, Copy)]
struct Step {
    round: usize,
    device: usize,
    what: usize,
}

impl Plan {
    /// In the order in which they are done.
    fn steps(self) -> impl Iterator<Item = Step> {
        (0..self.rounds).flat_map(|round| {
            let turns = [round % 2, (round + 1) % 2].into_iter();
            turns.flat_map(move |device| {
                (0..WHAT.len()).map(move |what| Step {
                    round,
                    device,
                    what,
                })
            })
        })
    }

    fn number(step: Step) -> usize {
        (step.round * 2 + step.device) * WHAT.len() + step.what
    }

    fn step_count(self) -> usize {
        self.rounds * 2 * WHAT.len()
    }
}

/// The processor's own clock: the kernel's costs a system call in user-mode Linux.
fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has it.
    unsafe { _rdtsc() }
}

pub fn run(options: &Options) -> Outcome {
    let pages = options.given.distinct(options.most)?;
    let plan = Plan {
        threads: options.threads,
        rounds: options.rounds + 1,
        requests: pages.pages() / REQUEST / options.threads.max(1),
    };
    ensure!(plan.threads > 0 && plan.requests > 0, "too few pages");
    let shared = Shared::new(plan)?;
    let (start, first_tick) = (Instant::now(), ticks());
    work(options, plan, &pages, &shared)?;
    let ticks_a_ns = (ticks() - first_tick) as f64 / start.elapsed().as_nanos() as f64;
    for step in plan.steps().filter(|step| step.round > 0) {
        report(options, plan, &shared, step, ticks_a_ns);
    }
    Ok(())
}

/// All workers, until they have ended.
fn work(options: &Options, plan: Plan, pages: &Mapping, shared: &Shared) -> Outcome {
    let spawn = |number| spawn(options, plan, pages, shared, number);
    let children: Vec<_> = (0..plan.threads).map(spawn).collect::<Result<_, _>>()?;
    let mut failed = 0;
    for _ in &children {
        let mut status = 0;
        // SAFETY: a child of ours, and a place for its status.
        let child = unsafe { libc::wait(&mut status) };
        if status != 0 {
            failed += 1;
            // The others would wait for it.
            for other in children.iter().filter(|&&other| other != child) {
                // SAFETY: a child of ours.
                unsafe { libc::kill(*other, libc::SIGKILL) };
            }
        }
    }
    ensure!(failed == 0, "a worker failed");
    Ok(())
}

fn spawn(
    options: &Options,
    plan: Plan,
    pages: &Mapping,
    shared: &Shared,
    number: usize,
) -> io::Result<libc::pid_t> {
    // SAFETY: there is no other thread.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => process::exit(
            match worker::run(&options.devices, plan, pages, shared, number) {
                Ok(()) => 0,
                Err(failure) => {
                    eprintln!("worker {number}: {failure}");
                    1
                }
            },
        ),
        child => Ok(child),
    }
}

/// `DEVICE WHAT ROUND NANOSECONDS-A-PAGE P99-OF-A-REQUEST`
fn report(options: &Options, plan: Plan, shared: &Shared, step: Step, ticks_a_ns: f64) {
    let workers = 0..plan.threads;
    let spans = workers.clone().map(|worker| shared.span(worker, step));
    let (start, end) = spans.fold((u64::MAX, 0), |(start, end), span| {
        (start.min(span.0), end.max(span.1))
    });
    let pages = plan.threads * plan.requests * REQUEST;
    let mut requests: Vec<u64> = workers
        .flat_map(|worker| shared.requests(worker, step))
        .collect();
    println!(
        "{} {} {} {:.0} {:.0}",
        options.devices[step.device].display(),
        WHAT[step.what],
        step.round,
        (end - start) as f64 / ticks_a_ns / pages as f64,
        percentile_99(&mut requests) as f64 / ticks_a_ns
    );
}

/// At least 99 of 100 are no greater.
fn percentile_99(values: &mut [u64]) -> u64 {
    values.sort_unstable();
    values[(values.len() * 99).div_ceil(100) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_leaves_one_of_a_hundred() {
        let mut values: Vec<u64> = (1..=200).rev().collect();
        assert_eq!(percentile_99(&mut values), 198);
        assert_eq!(percentile_99(&mut [7]), 7);
    }

    #[test]
    fn each_step_has_a_number_and_devices_take_turns() {
        let plan = Plan {
            threads: 1,
            rounds: 4,
            requests: 1,
        };
        let mut numbers: Vec<usize> = plan.steps().map(Plan::number).collect();
        let firsts: Vec<usize> = plan.steps().step_by(4).map(|step| step.device).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..plan.step_count()).collect::<Vec<_>>());
        assert_eq!(firsts, [0, 1, 0, 1]);
    }
}
