// SPDX-License-Identifier: GPL-2.0
//! Fills valkey with real data, then reads every record back in random order and checks it.
//!
//! Results go to stdout, one JSON object a line; progress to stderr. After the first one ("load") a line on stdin starts
//! the reading; the end of stdin ends the program instead.
#![forbid(unsafe_code)]

mod phases;
mod random;
mod records;
mod valkey;

use clap::Parser;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, io};
use valkey::Valkey;

/// Fill valkey with real data, then read it all back in random order and check it
#[derive(Parser)]
struct Options {
    /// Unix socket of valkey
    socket: PathBuf,
    /// A Debian package index: each paragraph is a record, its key the package's name
    packages: PathBuf,
    /// A file that does not compress well: each 4000 bytes are a record
    archives: PathBuf,
    /// What the order of reading follows from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Read for so many seconds at most
    #[arg(long, default_value_t = u64::MAX)]
    seconds: u64,
}

/// Why a phase did not come to its end.
pub enum Failure {
    /// Valkey is gone, or does not speak any more.
    Lost { done: usize, error: io::Error },
    /// A record came back otherwise than it was stored.
    Wrong { key: String },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Load(phases::Load),
    Read(phases::Read),
    Lost {
        done: usize,
        of: usize,
        error: String,
    },
    Wrong {
        key: String,
    },
}

fn report(outcome: &Outcome) {
    let line = serde_json::to_string(outcome).expect("plain numbers and texts");
    println!("{line}");
}

fn fail(failure: Failure, of: usize) -> ExitCode {
    report(&match failure {
        Failure::Lost { done, error } => Outcome::Lost {
            done,
            of,
            error: error.to_string(),
        },
        Failure::Wrong { key } => Outcome::Wrong { key },
    });
    ExitCode::FAILURE
}

fn told_to_read() -> io::Result<bool> {
    Ok(io::stdin().read_line(&mut String::new())? > 0)
}

fn main() -> io::Result<ExitCode> {
    let options = Options::parse();
    let packages = fs::read(&options.packages)?;
    let archives = fs::read(&options.archives)?;
    let records = records::records(&packages, &archives);
    let mut valkey = Valkey::connect(&options.socket)?;
    match phases::load(&mut valkey, &records) {
        Ok(load) => report(&Outcome::Load(load)),
        Err(failure) => return Ok(fail(failure, records.len())),
    }
    if told_to_read()? {
        let most = Duration::from_secs(options.seconds);
        match phases::read(&mut valkey, &records, options.seed, most) {
            Ok(read) => report(&Outcome::Read(read)),
            Err(failure) => return Ok(fail(failure, records.len())),
        }
    }
    Ok(ExitCode::SUCCESS)
}
