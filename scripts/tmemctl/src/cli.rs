// SPDX-License-Identifier: GPL-2.0
//! What can be typed after `tmemctl`; the manual page and the completions come from here.

use crate::amount::Amount;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

pub const EXIT_CODES: &str = "0: done; `check` found nothing in the way. \
1: it failed, or `check` found something in the way. 2: wrong usage.";

fn exit_codes() -> String {
    format!("Exit status: {EXIT_CODES}")
}

/// Turn tmem, the compressed swap disk in memory, on and off, look at it, and find what stands in its way
#[derive(Debug, Parser)]
#[command(name = "tmemctl", version, after_help = exit_codes())]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Load the module, swap to /dev/tmem0 before any other swap, and set zswap and swap readahead as they should be
    ///
    /// What it changed is kept in /run/tmem/state for `tmemctl off`. If a step fails, the ones
    /// before it are undone. Doing it twice does no harm.
    On(OnOptions),
    /// Undo exactly what `tmemctl on` did
    ///
    /// Moves the pages back to memory, which needs room for them; frees the disk, restores the
    /// settings that were changed, and unloads the module if `tmemctl on` loaded it.
    Off(OffOptions),
    /// Show the disks, what they hold and what that costs
    Status(StatusOptions),
    /// Show the cgroups by what they hold, save, lose and cost, anew each second
    ///
    /// Containers and systemd units are called by their names. `holds` is what a cgroup and those
    /// below it have in tmem, `in RAM` what that takes compressed, `limit` the most that may,
    /// `saved` the difference of the two; `refused` counts pages that tmem did not take, `evicted`
    /// those that it dropped; `to disk` is what went to a disk behind it, and `CPU` the time that
    /// encoding idle pages again took. Where nothing is held because nothing can be, the reason
    /// stands instead. q or Ctrl-C ends it.
    Top(TopOptions),
    /// Say what stands in the way of tmem in this guest, and what to do about it
    #[command(after_help = exit_codes())]
    Check(CheckOptions),
    /// Print a completion script for a shell
    ///
    /// For bash: tmemctl completion bash > /etc/bash_completion.d/tmemctl
    Completion { shell: Shell },
    /// Print the manual page (roff)
    Man,
}

#[derive(Args, Debug, Default)]
pub struct OnOptions {
    /// Size of the swap disk, uncompressed: bytes, 512M, 2G, or a share of the RAM such as 50%
    /// [default: as the module made it]
    #[arg(long)]
    pub size: Option<Amount>,
    /// Most RAM the disk's compressed pages may take, in the same forms; 0 for no limit
    #[arg(long, value_name = "SIZE")]
    pub mem_limit: Option<Amount>,
    /// How to compress; /sys/block/tmem0/comp_algorithm lists the names
    #[arg(long, value_name = "NAME")]
    pub algorithm: Option<String>,
    /// Swap priority [default: 100, or one more than any swap that is there]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=32767))]
    pub priority: Option<i32>,
    /// Load this tmem.ko instead of the installed module
    #[arg(long, value_name = "FILE")]
    pub module: Option<PathBuf>,
}

#[derive(Args, Debug, Default)]
pub struct OffOptions {
    /// Move the pages back even if there is no room for them: the kernel may kill processes to make it
    #[arg(long)]
    pub force: bool,
}

#[derive(Args, Debug)]
pub struct StatusOptions {
    /// Print JSON, all sizes in bytes
    #[arg(long)]
    pub json: bool,
    /// Print it again every so many seconds, until Ctrl-C
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub watch: Option<u64>,
}

#[derive(Args, Debug)]
pub struct TopOptions {
    /// Print JSON, a line for each look, all sizes in bytes
    #[arg(long)]
    pub json: bool,
    /// Look once, and end
    #[arg(long)]
    pub once: bool,
    /// What to sort by, the most first
    #[arg(long, value_name = "KEY", value_enum, default_value = "holds")]
    pub sort: SortKey,
}

/// Named after the columns.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SortKey {
    Holds,
    Ram,
    Saved,
    Refused,
    Evicted,
    Disk,
    Cpu,
    Name,
}

#[derive(Args, Debug, Default)]
pub struct CheckOptions {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Judge this tmem.ko instead of the installed module
    #[arg(long, value_name = "FILE")]
    pub module: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl From<Shell> for clap_complete::Shell {
    fn from(shell: Shell) -> Self {
        match shell {
            Shell::Bash => Self::Bash,
            Shell::Zsh => Self::Zsh,
            Shell::Fish => Self::Fish,
        }
    }
}
