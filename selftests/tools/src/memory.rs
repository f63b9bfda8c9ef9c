// SPDX-License-Identifier: GPL-2.0
//! Uses memory that is swapped out meanwhile: fills it, verifies it, overwrites parts of it, verifies again, as often as asked.
//! The memory is swapped out on request, or by the limits of the cgroup that this runs in.

use crate::content::{Class, Content, Rng, PAGE};
use crate::ensure;
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use clap::Args;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{io, process, thread};

#[derive(Args)]
pub struct Options {
    /// How much memory, in all
    #[arg(long)]
    mib: usize,
    #[arg(long, value_enum, default_value = "private")]
    kind: Kind,
    #[arg(long, value_enum, default_value = "mixed")]
    class: Class,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// How often to overwrite and verify
    #[arg(long, default_value_t = 2)]
    rounds: u64,
    /// Go on for as long, however many rounds that takes
    #[arg(long, default_value_t = 0)]
    seconds: u64,
    /// Ask the kernel to swap everything out before each verification
    #[arg(long)]
    page_out: bool,
    /// While everything is swapped out, wait for so many seconds
    #[arg(long, default_value_t = 0)]
    hold: u64,
    /// While everything is swapped out, let so many children share it, each overwriting its part
    #[arg(long, default_value_t = 0)]
    children: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A thread's part of the memory, and what it must hold.
struct Part<'a> {
    options: &'a Options,
    memory: Mapping,
    contents: Vec<Content>,
    rng: Rng,
}

pub fn run(options: &Options) -> Outcome {
    ensure!(
        options.children == 0 || options.threads == 1,
        "children need a single thread"
    );
    let (swapped, rounds) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads as u64)
            .map(|number| {
                let (swapped, rounds) = (&swapped, &rounds);
                scope.spawn(move || Part::new(options, number)?.work(swapped, rounds))
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or(Err("a thread panicked".into())))
    })?;
    println!(
        "swapped_kib={}\nrounds={}",
        swapped.into_inner(),
        rounds.into_inner()
    );
    Ok(())
}

impl<'a> Part<'a> {
    fn new(options: &'a Options, number: u64) -> Outcome<Self> {
        let memory = Mapping::new((options.mib << 20) / options.threads, options.kind)?;
        let contents = vec![Content::EMPTY; memory.pages()];
        let rng = Rng::new(options.seed * 1000 + number);
        Ok(Self {
            options,
            memory,
            contents,
            rng,
        })
    }

    fn work(mut self, swapped: &AtomicU64, rounds: &AtomicU64) -> Outcome {
        let end = Instant::now() + Duration::from_secs(self.options.seconds);
        let (mut round, mut most) = (0, 0);
        self.overwrite(|_| true);
        while round < self.options.rounds || Instant::now() < end {
            if self.options.page_out {
                self.memory.page_out()?;
            }
            most = most.max(self.memory.pages_out()?);
            thread::sleep(Duration::from_secs(self.options.hold));
            if self.options.children > 0 {
                self.share()?;
            }
            self.verify()?;
            self.overwrite(|random| random % 2 == 0);
            round += 1;
        }
        self.verify()?;
        swapped.fetch_add((most * PAGE) as u64 >> 10, Relaxed);
        rounds.fetch_add(round, Relaxed);
        Ok(())
    }

    /// Gives new content to the pages that are chosen.
    fn overwrite(&mut self, chosen: impl Fn(u64) -> bool) {
        for page in 0..self.contents.len() {
            let random = self.rng.next();
            if chosen(random >> 32) {
                self.contents[page] = Content::new(self.options.class, random);
                self.contents[page].make(self.memory.page_mut(page));
            }
        }
    }

    fn verify(&self) -> Outcome {
        for (page, content) in self.contents.iter().enumerate() {
            content
                .check(self.memory.page(page))
                .map_err(|difference| format!("page {page}: {difference}"))?;
        }
        Ok(())
    }

    /// Children see the memory as it was when they came, and their own changes, whatever the others do.
    fn share(&mut self) -> Outcome {
        let children: Vec<_> = (0..self.options.children)
            .map(|number| self.spawn(number))
            .collect::<Result<_, _>>()?;
        self.verify()?;
        self.overwrite(|random| random % 3 == 0);
        for child in children {
            let mut status = 0;
            // SAFETY: a child of ours, and a place for its status.
            let waited = unsafe { libc::waitpid(child, &mut status, 0) };
            ensure!(
                waited == child && status == 0,
                "a child failed: wait status {status:#x}"
            );
        }
        Ok(())
    }

    fn spawn(&mut self, number: u64) -> io::Result<libc::pid_t> {
        // SAFETY: the only other thread, which waits for this one, holds no lock that the child takes: it neither allocates
        // nor prints before it knows of a failure.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => process::exit(match self.live_as_child(number) {
                Ok(()) => 0,
                Err(failure) => {
                    eprintln!("child {number}: {failure}");
                    1
                }
            }),
            child => Ok(child),
        }
    }

    fn live_as_child(&mut self, number: u64) -> Outcome {
        self.rng = Rng::new(self.options.seed * 1000 + 500 + number);
        self.overwrite(|random| random % 3 == number % 3);
        self.memory.page_out()?;
        self.verify()
    }
}
