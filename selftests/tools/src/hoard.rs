// SPDX-License-Identifier: GPL-2.0
//! Fills a pool of /dev/tmem, runs a command, and gets everything back.

use crate::content::{Class, Content, PAGE};
use crate::ensure;
use crate::outcome::Outcome;
use clap::{Args, ValueEnum};
use std::io;
use std::process::Command;
use tmem_client::{Handle, Kind, Pool, Tmem};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    Ephemeral,
    Persistent,
}

#[derive(Args)]
pub struct Options {
    #[arg(long, value_enum)]
    kind: Choice,
    #[arg(long)]
    pages: u64,
    #[arg(long, value_enum, default_value = "text")]
    class: Class,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Pages of an object
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    per_object: u64,
    /// What to run in between
    #[arg(last = true)]
    command: Vec<String>,
}

pub fn run(options: &Options) -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(match options.kind {
        Choice::Ephemeral => Kind::Ephemeral,
        Choice::Persistent => Kind::Persistent,
    })?;
    let accepted = fill(&pool, options)?;
    if let Some((program, arguments)) = options.command.split_first() {
        let status = Command::new(program).args(arguments).status()?;
        ensure!(status.success(), "{program} failed: {status}");
    }
    let hits = empty(&pool, options, &accepted)?;
    let stored = accepted.iter().filter(|accepted| **accepted).count();
    println!("accepted={stored}\nhits={hits}");
    ensure!(
        options.kind == Choice::Ephemeral || hits == stored,
        "{} accepted pages are gone from a persistent pool",
        stored - hits
    );
    Ok(())
}

/// Which pages were accepted.
fn fill(pool: &Pool, options: &Options) -> Outcome<Vec<bool>> {
    let mut page = [0; PAGE];
    (0..options.pages)
        .map(|number| {
            content(options, number).make(&mut page);
            match pool.put(handle(options, number), &page) {
                Ok(()) => Ok(true),
                Err(error) if is_refusal(&error) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .collect()
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOMEM | libc::EDQUOT))
}

/// How many pages are still there.
fn empty(pool: &Pool, options: &Options, accepted: &[bool]) -> Outcome<usize> {
    let mut page = [0; PAGE];
    let mut hits = 0;
    for (number, accepted) in (0..).zip(accepted) {
        if pool.get(handle(options, number), &mut page)? {
            ensure!(*accepted, "page {number} was refused, and is there");
            content(options, number).check(&page)?;
            hits += 1;
        }
    }
    Ok(hits)
}

fn content(options: &Options, number: u64) -> Content {
    Content::new(options.class, options.seed * options.pages + number)
}

fn handle(options: &Options, number: u64) -> Handle {
    Handle {
        object: [number / options.per_object, 0, 0],
        index: number % options.per_object,
    }
}
