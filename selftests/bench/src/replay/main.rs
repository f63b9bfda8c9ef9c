// SPDX-License-Identifier: GPL-2.0
//! tmem-replay: what each replacement policy would have missed on traces of swapped pages, beside what none can do better than
//! (OPT), by the size of the pool.

mod cells;
mod events;
#[path = "../layout.rs"]
mod layout;
mod picture;
mod report;

use cells::{Cell, Contract};
use clap::Parser;
use events::Trace;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "tmem-replay")]
struct Args {
    /// Traces: what was read of /sys/kernel/debug/tmem/trace
    #[arg(required = true)]
    traces: Vec<PathBuf>,
    /// JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Ephemeral pages: a get takes the page away
    #[arg(long)]
    ephemeral: bool,
    /// Draw the misses here (PNG)
    #[arg(long)]
    plot: Option<PathBuf>,
}

fn main() -> ExitCode {
    match replay(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tmem-replay: {error}");
            ExitCode::FAILURE
        }
    }
}

fn replay(args: &Args) -> Result<(), String> {
    let contract = match args.ephemeral {
        true => Contract::Ephemeral,
        false => Contract::Persistent,
    };
    let mut replayed = Vec::new();
    for path in &args.traces {
        let trace = Trace::read(path)?;
        eprintln!("{}: {}", trace.name, trace.summary());
        let cells = Cell::all(&trace, contract);
        replayed.push((trace, cells));
    }
    if let Some(path) = &args.plot {
        picture::draw(&replayed, path)?;
    }
    match args.json {
        true => println!("{}", report::json(&replayed)),
        false => print!("{}", report::text(&replayed)),
    }
    Ok(())
}
