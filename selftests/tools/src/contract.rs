// SPDX-License-Identifier: GPL-2.0
//! What uapi/tmem.h promises, sentence by sentence, and what a hostile program can try. One case a run: what a case leaves behind
//! by mistake ends with it.
//!
//! The names of the cases are their sentences (`tmem-test contract --list`); a sentence about answers that threads may see at the
//! same time is `tmem-test model`'s.

mod batches;
mod files;
mod hostile;
mod limits;
mod pages;
mod races;
mod support;

use crate::ensure;
use crate::outcome::Outcome;
use clap::Args;

#[derive(Args)]
pub struct Options {
    /// The case's name
    name: Option<String>,
    /// Say which there are: a name, a tab, and a sentence
    #[arg(long)]
    list: bool,
}

/// A name, what it shows, and how.
type Case = (&'static str, &'static str, fn() -> Outcome);

fn cases() -> impl Iterator<Item = &'static Case> {
    [
        pages::CASES,
        batches::CASES,
        files::CASES,
        limits::CASES,
        hostile::CASES,
        races::CASES,
    ]
    .into_iter()
    .flatten()
}

pub fn run(options: &Options) -> Outcome {
    if options.list {
        cases().for_each(|(name, sentence, _)| println!("{name}\t{sentence}"));
        return Ok(());
    }
    let wanted = options.name.as_deref().unwrap_or("");
    let case = cases().find(|(name, ..)| *name == wanted);
    ensure!(
        case.is_some(),
        "there is no case '{wanted}': --list names them"
    );
    case.map_or(Ok(()), |(_, _, run)| run())
}
