// SPDX-License-Identifier: GPL-2.0
//! What a page costs: the time of single-page requests, written over by other pages and by the same
//! ones, and read back, with every byte compared. In a guest that counts instructions (`ICOUNT=1`) a nanosecond is an instruction.

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
    let count = options.count;
    let content = |round: usize, page| Content::new(options.class, round as u64 * count + page);
    let mut memory = Mapping::new(count as usize * PAGE, Kind::Private)?;
    let mut write = u64::MAX;
    for round in 0..ROUNDS {
        for page in 0..count {
            content(round, page).make(memory.page_mut(page as usize));
        }
        write = write.min(time(count, |page| {
            device.write(page, memory.page(page as usize))
        })?);
    }
    let again = least_time(count, |page| device.write(page, memory.page(page as usize)))?;
    let mut back = Mapping::new(count as usize * PAGE, Kind::Private)?;
    let read = least_time(count, |page| {
        device.read(page, back.page_mut(page as usize))
    })?;
    for page in 0..count {
        content(ROUNDS - 1, page).check(back.page(page as usize))?;
    }
    println!("write={write}\nagain={again}\nread={read}");
    Ok(())
}

/// Nanoseconds a page in the best of some rounds: the first one touches everything for the first
/// time, and any may be interrupted.
fn least_time(count: u64, mut request: impl FnMut(u64) -> io::Result<()>) -> io::Result<u64> {
    (0..ROUNDS)
        .map(|_| time(count, &mut request))
        .try_fold(u64::MAX, |least, time| Ok(least.min(time?)))
}

/// Nanoseconds a page in one round.
pub fn time(count: u64, mut request: impl FnMut(u64) -> io::Result<()>) -> io::Result<u64> {
    let start = Instant::now();
    for page in 0..count {
        request(page)?;
    }
    Ok(start.elapsed().as_nanos() as u64 / count)
}
