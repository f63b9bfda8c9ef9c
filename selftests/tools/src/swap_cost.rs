// SPDX-License-Identifier: GPL-2.0
//! What a page costs on its way to swap and back: has the kernel swap out memory that holds given pages, and touches it again. In
//! a guest that counts instructions (`ICOUNT=1`) a nanosecond is one.

use crate::content::PAGE;
use crate::ensure;
use crate::given::Given;
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use crate::page_cost::compare;
use clap::Args;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    given: Given,
    /// How many pages, at most
    #[arg(long, default_value_t = 1 << 20)]
    most: usize,
    /// What to run while they are in swap
    #[arg(last = true)]
    command: Vec<String>,
}

/// With the densest codec on a slow machine, more of them in one call look like a kernel that hangs.
const PAGES_AT_ONCE: usize = 64;

pub fn run(options: &Options) -> Outcome {
    let wanted = options.given.all(options.most)?;
    let mut memory = Mapping::new(wanted.pages() * PAGE, Kind::Private)?;
    memory.bytes_mut().copy_from_slice(wanted.bytes());
    let start = Instant::now();
    for first in (0..memory.pages()).step_by(PAGES_AT_ONCE) {
        memory.page_out_pages(first..memory.pages().min(first + PAGES_AT_ONCE))?;
    }
    let out = start.elapsed().as_nanos() as u64;
    let pages = memory.pages_out()? as u64;
    ensure!(
        pages * 100 >= wanted.pages() as u64 * 99,
        "only {pages} of {} pages went to swap",
        wanted.pages()
    );
    if let Some((program, arguments)) = options.command.split_first() {
        let status = Command::new(program).args(arguments).status()?;
        ensure!(status.success(), "{program} failed: {status}");
    }
    let start = Instant::now();
    for page in 0..memory.pages() {
        black_box(memory.page(page)[0]);
    }
    let back = start.elapsed().as_nanos() as u64;
    compare(&wanted, &memory)?;
    println!("pages={pages}\nout={}\nin={}", out / pages, back / pages);
    Ok(())
}
