// SPDX-License-Identifier: GPL-2.0
//! Uses pools of /dev/tmem while a command runs, and says how long the longest operation took: before the command, and with it.

use crate::content::{Class, Content, PAGE};
use crate::ensure;
use crate::outcome::Outcome;
use clap::Args;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};
use tmem_client::{Handle, Kind, Tmem};

#[derive(Args)]
pub struct Options {
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// How long is measured before the command.
const QUIET: Duration = Duration::from_secs(2);

/// Pages of a round.
const PAGES: u64 = 16;

#[derive(Default)]
struct Waits {
    operations: u64,
    longest: Duration,
}

pub fn run(options: &Options) -> Outcome {
    let end = Instant::now() + QUIET;
    let before = use_pools(|| Instant::now() < end)?;
    let (program, arguments) = options.command.split_first().ok_or("a command is needed")?;
    let runs = AtomicBool::new(true);
    let (waits, took) = thread::scope(|scope| {
        let user = scope.spawn(|| use_pools(|| runs.load(Relaxed)));
        let begin = Instant::now();
        let status = Command::new(program).args(arguments).status();
        let took = begin.elapsed();
        runs.store(false, Relaxed);
        let waits = user.join().unwrap_or(Err("a thread panicked".into()))?;
        let status = status?;
        ensure!(status.success(), "{program} failed: {status}");
        Outcome::Ok((waits, took))
    })?;
    println!(
        "usual_usec={}\nusual_operations={}",
        before.longest.as_micros(),
        before.operations
    );
    println!(
        "longest_usec={}\noperations={}",
        waits.longest.as_micros(),
        waits.operations
    );
    println!("command_usec={}", took.as_micros());
    Ok(())
}

/// Makes a pool, puts, gets, flushes, destroys it, round by round.
fn use_pools(goes_on: impl Fn() -> bool) -> Outcome<Waits> {
    let tmem = Tmem::open()?;
    let mut waits = Waits::default();
    let mut page = [0; PAGE];
    let mut seed = 1 << 50;
    while goes_on() {
        let pool = waits.note(|| tmem.create(Kind::Persistent))?;
        for index in 0..PAGES {
            let (object, content) = ([index; 3], Content::new(Class::Text, seed));
            let handle = Handle { object, index };
            seed += 1;
            content.make(&mut page);
            waits.note(|| pool.put(handle, &page))?;
            ensure!(
                waits.note(|| pool.get(handle, &mut page))?,
                "a page is gone"
            );
            content.check(&page)?;
            waits.note(|| pool.flush_page(handle))?;
        }
        waits.note(|| pool.destroy())?;
    }
    Ok(waits)
}

impl Waits {
    fn note<R>(&mut self, operation: impl FnOnce() -> std::io::Result<R>) -> std::io::Result<R> {
        let begin = Instant::now();
        let result = operation();
        self.longest = self.longest.max(begin.elapsed());
        self.operations += 1;
        result
    }
}
