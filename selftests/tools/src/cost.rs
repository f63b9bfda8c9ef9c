// SPDX-License-Identifier: GPL-2.0
//! What a page costs: the time of single-page requests, written, written over and read back, with every byte compared. In a guest that
//! counts instructions (`ICOUNT=1`) a nanosecond is an instruction.

use crate::content::{Class, Content, PAGE};
use crate::device::Device;
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use clap::Args;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

#[derive(Args)]
pub struct Options {
    device: PathBuf,
    /// How many pages
    #[arg(long, default_value_t = 1024)]
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
    let write = || {
        time_of(options.count, |page| {
            device.write(page, memory.page(page as usize))
        })
    };
    // The first round is what touches everything for the first time.
    write()?;
    let write_over = write()?;
    let mut back = Mapping::new(options.count as usize * PAGE, Kind::Private)?;
    time_of(options.count, |page| {
        device.read(page, back.page_mut(page as usize))
    })?;
    let read = time_of(options.count, |page| {
        device.read(page, back.page_mut(page as usize))
    })?;
    for page in 0..options.count {
        content(page).check(back.page(page as usize))?;
    }
    println!("write={write_over}\nread={read}");
    Ok(())
}

/// Nanoseconds a page.
fn time_of(count: u64, mut request: impl FnMut(u64) -> io::Result<()>) -> io::Result<u64> {
    let start = Instant::now();
    for page in 0..count {
        request(page)?;
    }
    Ok(start.elapsed().as_nanos() as u64 / count)
}
