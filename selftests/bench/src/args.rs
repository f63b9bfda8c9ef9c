// SPDX-License-Identifier: GPL-2.0
//! What scripts/bench passes on; it has the help for people.

use crate::part::Part;
use clap::Parser;
use std::path::PathBuf;

#[derive(Parser)]
pub struct Args {
    /// The parts to run; all of them by default
    pub parts: Vec<Part>,
    /// JSON instead of tables
    #[arg(long)]
    pub json: bool,
    /// Fewer sources and pages
    #[arg(long)]
    pub quick: bool,
    /// What can run natively, under KVM
    #[arg(long)]
    pub here: bool,
    /// Results to compare with, instead of those of the last run
    #[arg(long)]
    pub compare: Option<PathBuf>,
    /// qemu/guest
    #[arg(long)]
    pub guest: PathBuf,
    /// Folder of the scripts that run in guests
    #[arg(long)]
    pub scripts: PathBuf,
    /// Where the corpus is, or will be
    #[arg(long)]
    pub corpus: PathBuf,
    /// A Debian package index, which the corpus is made from
    #[arg(long)]
    pub index: PathBuf,
    /// The Debian packages of the corpus's programs
    #[arg(long)]
    pub packages: String,
    /// Where results and plots go
    #[arg(long)]
    pub out: PathBuf,
    /// File that remembers the last figures of each part
    #[arg(long)]
    pub history: PathBuf,
    /// What is measured, as git names it
    #[arg(long)]
    pub revision: String,
    /// When, for people
    #[arg(long)]
    pub date: String,
}

impl Args {
    /// Those that are meant, in the order in which they run.
    pub fn chosen(&self) -> Vec<Part> {
        let possible: &[Part] = if self.here { &Part::HERE } else { &Part::ALL };
        let chosen = |part: &&Part| self.parts.is_empty() || self.parts.contains(part);
        possible.iter().filter(chosen).copied().collect()
    }
}
