// SPDX-License-Identifier: GPL-2.0
//! The guest's command line for tmem. What is read and changed lies behind
//! [`host::Host`], so that every subcommand can be tried on a fake tree.
#![forbid(unsafe_code)]

mod amount;
mod cgroups;
mod check;
mod cli;
mod disk;
mod error;
#[cfg(test)]
mod fake;
mod host;
mod journal;
mod lock;
mod manual;
mod module;
mod off;
mod on;
mod pools;
mod room;
mod settings;
mod status;
mod swaps;
mod table;
#[cfg(test)]
mod tests;
mod top;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use error::Error;
use host::Host;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command, &Host::real()) {
        Ok(code) => code,
        Err(error) if error.reader_is_gone() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tmemctl: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, host: &Host) -> Result<ExitCode, Error> {
    match command {
        Command::On(wish) => on::on(host, &wish)?,
        Command::Off(options) => off::off(host, &options)?,
        Command::Status(options) => status::run(host, &options)?,
        Command::Top(options) => top::run(host, &options)?,
        Command::Check(options) => return check::run(host, &options),
        Command::Completion { shell } => print(&completion(shell))?,
        Command::Man => print(&manual::page()?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn completion(shell: cli::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    let shell = clap_complete::Shell::from(shell);
    clap_complete::generate(shell, &mut Cli::command(), "tmemctl", &mut script);
    script
}

/// Writes to standard output; whoever reads it may have left (`| head`).
fn print(text: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(text)
        .and_then(|()| out.flush())
        .map_err(Error::output)
}
