// SPDX-License-Identifier: GPL-2.0
//! The program that the selftests run in a guest. Each command does one thing, checks every byte that comes back against content
//! made from a seed, and says what it counted as `name=value` lines. Exit status 0: all was as it must be.

mod attribute;
mod backlog;
mod bounds;
mod cached;
mod charges;
mod churn;
mod content;
mod contest;
mod contract;
mod cost;
mod damage;
mod device;
mod dump;
mod exhaust;
mod flood;
mod gets;
mod given;
mod hoard;
mod ioctl_fuzz;
mod mapping;
mod memory;
mod model;
mod neighbour;
mod outcome;
mod page_cost;
mod pieces;
mod reload;
mod samples;
mod scale;
mod sites;
mod span;
mod storm;
mod swap_cost;
mod tell;
mod time;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "What tmem's selftests do in a guest")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Put ephemeral pages without end
    Backlog(backlog::Options),
    /// Write standard input to a file in one write(2), say `ok` or the error's name
    Attribute(attribute::Options),
    /// Requests past the end of a disk, and misaligned ones
    Bounds(bounds::Options),
    /// Reads and writes of odd sizes through the page cache
    Cached(cached::Options),
    /// Read what is charged to whom, and add it up
    Charges(charges::Options),
    /// Make cgroups that put a page and go
    Churn(churn::Options),
    /// Reset, resize, open and use a disk from several threads at once
    Contest(contest::Options),
    /// A sentence of the contract of /dev/tmem
    Contract(contract::Options),
    /// What a page costs to write and to read, in nanoseconds
    Cost(cost::Options),
    /// Copy a program's anonymous pages to a file
    Dump(dump::Options),
    /// Damage each stored byte of a page in turn
    Damage(damage::Options),
    /// Write until writes are refused, then verify all that was accepted
    Exhaust(exhaust::Options),
    /// Write pages made from a seed
    Fill(span::Options),
    /// What each of many pages of /dev/tmem costs
    Flood(flood::Options),
    /// What gets from a pool of /dev/tmem cost, and how long they are
    Gets(gets::Options),
    /// Fill a pool of /dev/tmem, run a command, and get everything back
    Hoard(hoard::Options),
    /// Random commands to /dev/tmem, right and wrong
    IoctlFuzz(ioctl_fuzz::Options),
    /// Use memory that is swapped out, and verify it
    Memory(memory::Options),
    /// Random operations on pools of /dev/tmem against the contract
    Model(model::Options),
    /// What given pages cost to put, to put again, and to get
    PageCost(page_cost::Options),
    /// Use pools of /dev/tmem while a command runs: how long was the longest wait?
    Neighbour(neighbour::Options),
    /// Direct requests whose memory lies in pieces
    Pieces(pieces::Options),
    /// Load and unload a module many times
    Reload(reload::Options),
    /// What a page costs when there are many already
    Scale(scale::Options),
    /// Make each allocation of an operation fail in turn
    Sites(sites::Options),
    /// Random operations on pages from several threads against a reference
    Storm(storm::Options),
    /// What given pages cost on their way to swap and back
    SwapCost(swap_cost::Options),
    /// How long given pages take on two disks, in turn
    Time(time::Options),
    /// Whether the cost of a put tells if somebody else holds the same page
    Tell(tell::Options),
    /// Read pages made from a seed, but for those that must be unreadable
    Verify(span::VerifyOptions),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Attribute(options) => attribute::run(&options),
        Command::Backlog(options) => backlog::run(&options),
        Command::Bounds(options) => bounds::run(&options),
        Command::Cached(options) => cached::run(&options),
        Command::Charges(options) => charges::run(&options),
        Command::Churn(options) => churn::run(&options),
        Command::Contest(options) => contest::run(&options),
        Command::Contract(options) => contract::run(&options),
        Command::Cost(options) => cost::run(&options),
        Command::Dump(options) => dump::run(&options),
        Command::Damage(options) => damage::run(&options),
        Command::Exhaust(options) => exhaust::run(&options),
        Command::Fill(options) => span::fill(&options),
        Command::Flood(options) => flood::run(&options),
        Command::Gets(options) => gets::run(&options),
        Command::Hoard(options) => hoard::run(&options),
        Command::IoctlFuzz(options) => ioctl_fuzz::run(&options),
        Command::Memory(options) => memory::run(&options),
        Command::Model(options) => model::run(&options),
        Command::PageCost(options) => page_cost::run(&options),
        Command::Neighbour(options) => neighbour::run(&options),
        Command::Pieces(options) => pieces::run(&options),
        Command::Reload(options) => reload::run(&options),
        Command::Scale(options) => scale::run(&options),
        Command::Sites(options) => sites::run(&options),
        Command::Storm(options) => storm::run(&options),
        Command::SwapCost(options) => swap_cost::run(&options),
        Command::Time(options) => time::run(&options),
        Command::Tell(options) => tell::run(&options),
        Command::Verify(options) => span::verify(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tmem-test: {failure}");
            ExitCode::FAILURE
        }
    }
}
