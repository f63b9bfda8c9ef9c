// SPDX-License-Identifier: GPL-2.0
//! What scripts/bench passes on; it has the help for people.

use crate::part::Part;
use clap::Parser;
use std::path::PathBuf;

#[derive(Parser)]
pub struct Args {
    /// The parts to run; by default all that do not take long
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
        let chosen =
            |part: &&Part| self.parts.contains(part) || self.parts.is_empty() && !part.is_long();
        possible.iter().filter(chosen).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(arguments: &[&str]) -> Vec<Part> {
        let required = [
            "guest", "scripts", "corpus", "index", "packages", "out", "history", "revision", "date",
        ];
        let required = required.map(|name| format!("--{name}=x"));
        let all = ["tmem-bench"].iter().chain(arguments).copied();
        Args::parse_from(all.chain(required.iter().map(String::as_str))).chosen()
    }

    #[test]
    fn what_takes_long_is_measured_only_by_name() {
        let short = chosen(&[]);
        assert!(!short.contains(&Part::Reads));
        assert_eq!(short.len() + 1, Part::ALL.len());
        assert_eq!(chosen(&["reads", "cost"]), [Part::Cost, Part::Reads]);
        assert_eq!(chosen(&["--here", "scale", "time"]), [Part::Time]);
    }
}
