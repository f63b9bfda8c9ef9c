// SPDX-License-Identifier: GPL-2.0
//! What a page costs when a device holds many already: fills it with pages of which no two are alike, by large requests, then
//! times single pages one by one. In a guest that counts instructions (`ICOUNT=1`) a nanosecond is one.

use crate::content::{mix, Rng, PAGE};
use crate::device::Device;
use crate::ensure;
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use clap::Args;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

#[derive(Args)]
pub struct Options {
    device: PathBuf,
    /// How many pages there are already
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many there are when it is measured
    #[arg(long)]
    to: u64,
    /// How many are put, and how many got, for the measurement
    #[arg(long, default_value_t = 2000)]
    window: u64,
}

/// Pages of a request.
const REQUEST: u64 = 32;

/// Where a page differs from others, in words: so few that it is made, and compressed, in little time.
const PLACES: [usize; 3] = [0, 100, 300];

/// What the requests of a window took.
#[derive(Default)]
struct Times {
    sum: u64,
    most: u64,
}

impl Times {
    /// Times a request.
    fn add(&mut self, request: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let start = Instant::now();
        request()?;
        let time = start.elapsed().as_nanos() as u64;
        self.sum += time;
        self.most = self.most.max(time);
        Ok(())
    }
}

pub fn run(options: &Options) -> Outcome {
    let device = Device::direct(&options.device)?;
    let end = options.to + options.window;
    ensure!(
        device.pages() >= end,
        "the device has no room for {end} pages"
    );
    let mut memory = Mapping::new(REQUEST as usize * PAGE, Kind::Private)?;
    memory.bytes_mut().fill(0x11);
    fill(&device, &mut memory, options.from, options.to)?;
    let (mut put, mut get) = (Times::default(), Times::default());
    for number in options.to..end {
        make(memory.page_mut(0), number);
        put.add(|| device.write(number, memory.page(0)))?;
    }
    let mut rng = Rng::new(options.to);
    let mut back = Mapping::new(PAGE, Kind::Private)?;
    back.bytes_mut().fill(0x55);
    for _ in 0..options.window {
        let number = rng.below(end);
        get.add(|| device.read(number, back.page_mut(0)))?;
        make(memory.page_mut(0), number);
        ensure!(
            memory.page(0) == back.page(0),
            "page {number} came back with other bytes"
        );
    }
    println!(
        "pages={end}\nput={}\nmost_put={}\nget={}\nmost_get={}",
        put.sum / options.window,
        put.most,
        get.sum / options.window,
        get.most
    );
    Ok(())
}

fn fill(device: &Device, memory: &mut Mapping, from: u64, to: u64) -> io::Result<()> {
    for first in (from..to).step_by(REQUEST as usize) {
        let pages = REQUEST.min(to - first);
        for offset in 0..pages {
            make(memory.page_mut(offset as usize), first + offset);
        }
        device.write(first, &memory.bytes()[..pages as usize * PAGE])?;
    }
    Ok(())
}

/// Makes the page of that number out of another one.
fn make(page: &mut [u8], number: u64) {
    for (nth, word) in PLACES.iter().enumerate() {
        // Both are one to one.
        let bytes = mix(number.wrapping_mul(8) + nth as u64).to_le_bytes();
        page[word * 8..][..8].copy_from_slice(&bytes);
    }
}
