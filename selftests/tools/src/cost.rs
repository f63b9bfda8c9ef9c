// SPDX-License-Identifier: GPL-2.0
//! What a page costs: the time of single-page requests, written over and read back, with every byte
//! compared. In a guest that counts instructions (`ICOUNT=1`) a nanosecond is an instruction.

use crate::content::{Class, Content, PAGE};
use crate::device::Device;
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use clap::Args;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

const ROUNDS: usize = 5;

#[derive(Args)]
pub struct Options {
    device: PathBuf,
    /// How many pages
    #[arg(long, default_value_t = 512)]
    count: u64,
    #[arg(long, value_enum)]
    class: Class,
}

pub fn run(options: &Options) -> Outcome {
    let device = Device::direct(&options.device)?;
    let content = |page| Content::new(options.class, page);
    let mut memory = Mapping::new(options.count as usize * PAGE, Kind::Private)?;
    for page in 0..options.count {
        content(page).make(memory.page_mut(page as usize));
    }
    let write = least_time(options.count, |page| {
        device.write(page, memory.page(page as usize))
    })?;
    let mut back = Mapping::new(options.count as usize * PAGE, Kind::Private)?;
    let read = least_time(options.count, |page| {
        device.read(page, back.page_mut(page as usize))
    })?;
    for page in 0..options.count {
        content(page).check(back.page(page as usize))?;
    }
    println!("write={write}\nread={read}");
    Ok(())
}

/// Nanoseconds a page in the best of some rounds: the first one touches everything for the first
/// time, and any may be interrupted.
fn least_time(count: u64, mut request: impl FnMut(u64) -> io::Result<()>) -> io::Result<u64> {
    let mut least = u64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for page in 0..count {
            request(page)?;
        }
        least = least.min(start.elapsed().as_nanos() as u64 / count);
    }
    Ok(least)
}
