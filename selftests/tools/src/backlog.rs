// SPDX-License-Identifier: GPL-2.0
//! Puts ephemeral pages as fast as it can, and always wants more: whatever it may hold, it fills.

use crate::content::{Class, Content, PAGE};
use crate::outcome::Outcome;
use clap::Args;
use std::time::{Duration, Instant};
use tmem_client::{Handle, Kind, Tmem};

#[derive(Args)]
pub struct Options {
    /// For how long
    #[arg(long)]
    seconds: u64,
    /// After so many pages wait, and hold them, until the time is over
    #[arg(long)]
    pages: Option<u64>,
    #[arg(long, value_enum, default_value = "text")]
    class: Class,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Pages of an object.
const OBJECT: u64 = 1000;

pub fn run(options: &Options) -> Outcome {
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Ephemeral)?;
    let mut page = [0; PAGE];
    let (mut puts, mut refused) = (0, 0);
    while Instant::now() < end && options.pages.is_none_or(|pages| puts < pages) {
        Content::new(options.class, (options.seed << 40) | puts).make(&mut page);
        let handle = Handle {
            object: [puts / OBJECT, 0, 0],
            index: puts % OBJECT,
        };
        refused += u64::from(pool.put(handle, &page).is_err());
        puts += 1;
    }
    std::thread::sleep(end.saturating_duration_since(Instant::now()));
    println!("puts={puts}\nrefused={refused}");
    Ok(())
}
