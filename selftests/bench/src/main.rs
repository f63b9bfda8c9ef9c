// SPDX-License-Identifier: GPL-2.0
//! The host's side of the benchmark: runs the parts in guests one after another, keeps their figures, and shows them beside
//! zram's, the goals, and the last run's.

mod args;
mod changes;
mod comparison;
mod figures;
#[cfg(test)]
mod fixture;
mod goals;
mod interrupt;
mod layout;
mod part;
mod plots;
mod report;
mod results;
mod run;
mod stage;
mod views;

use args::Args;
use clap::Parser;
use part::Part;
use results::{History, PartResult, Results};
use run::Clock;
use stage::Corpus;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match bench(&Args::parse()) {
        _ if interrupt::stopped() => ExitCode::from(interrupt::STATUS),
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether no part failed.
fn bench(args: &Args) -> Result<bool, String> {
    interrupt::catch().map_err(|error| format!("cannot catch signals: {error}"))?;
    let file = args.out.join("results.json");
    let mut results = Results::load(&file)?;
    let mut history = History::load(&args.history)?;
    let before = match &args.compare {
        Some(file) if !file.exists() => return Err(format!("there is no {}", file.display())),
        Some(file) => History::from(Results::load(file)?),
        None => history.clone(),
    };
    let parts = args.chosen();
    let clock = Clock::start();
    for part in with_corpus(&parts) {
        let result = run_part(args, part, &clock);
        if interrupt::stopped() {
            return Ok(false);
        }
        history.remember(part, &result);
        results.parts.insert(part, result);
        results.save(&file)?;
        history.save(&args.history)?;
    }
    plots::draw(&results, &args.out)?;
    show(args, &results, &parts, &before)?;
    let failed = |part: &Part| {
        results
            .parts
            .get(part)
            .is_none_or(|result| result.failure.is_some())
    };
    Ok(!parts.iter().any(failed))
}

/// The corpus comes before what is made of it.
fn with_corpus(parts: &[Part]) -> Vec<Part> {
    let corpus = parts.iter().any(|part| part.needs_corpus()) && !parts.contains(&Part::Corpus);
    corpus
        .then_some(Part::Corpus)
        .into_iter()
        .chain(parts.iter().copied())
        .collect()
}

/// The corpus is made once.
fn run_part(args: &Args, part: Part, clock: &Clock) -> PartResult {
    let corpus = Corpus::new(args);
    if let Some(result) = corpus.result().filter(|_| part == Part::Corpus) {
        return result;
    }
    clock.say(&format!("==> {part}"));
    let result = run::run(args, part, &corpus, clock);
    match &result.failure {
        _ if interrupt::stopped() => clock.say("==> stopped"),
        Some(failure) => clock.say(&format!("==> {part}: FAILED: {failure}")),
        None => clock.say(&format!("==> {part}: done in {} s", result.seconds)),
    }
    result
}

fn show(args: &Args, results: &Results, parts: &[Part], before: &History) -> Result<(), String> {
    let text = match args.json {
        true => serde_json::to_string_pretty(results).map_err(|error| error.to_string())? + "\n",
        false => report::text(results, parts, before),
    };
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever reads it may have left.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| format!("cannot print: {error}")),
    }
}
