// SPDX-License-Identifier: GPL-2.0
//! Reads and writes of any size and place through the page cache, against a copy held in memory.

use crate::content::{Class, Content, Rng, PAGE};
use crate::device::Device;
use crate::ensure;
use crate::outcome::Outcome;
use clap::Args;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    device: PathBuf,
    /// How many reads and writes
    #[arg(long, default_value_t = 2000)]
    operations: u64,
    /// How many pages of the device are used
    #[arg(long, default_value_t = 512)]
    pages: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const LONGEST: u64 = 3 * PAGE as u64;

pub fn run(options: &Options) -> Outcome {
    let device = Device::cached(&options.device)?;
    let mut rng = Rng::new(options.seed);
    let mut copy = vec![0; options.pages * PAGE];
    device.zero(0, options.pages as u64)?;
    for operation in 0..options.operations {
        let length = (1 + rng.below(LONGEST)) as usize;
        let start = rng.below((copy.len() - length) as u64) as usize;
        let part = &mut copy[start..start + length];
        if rng.below(2) == 0 {
            make(part, &mut rng);
            device.file().write_all_at(part, start as u64)?;
        } else {
            compare(&device, part, start)?;
        }
        if operation % 500 == 499 {
            device.flush_cache()?;
        }
    }
    device.flush_cache()?;
    compare(&device, &copy, 0)
}

fn make(part: &mut [u8], rng: &mut Rng) {
    for piece in part.chunks_mut(PAGE) {
        let mut page = [0; PAGE];
        Content::new(Class::Mixed, rng.next()).make(&mut page);
        piece.copy_from_slice(&page[..piece.len()]);
    }
}

fn compare(device: &Device, wanted: &[u8], start: usize) -> Outcome {
    let mut found = vec![0; wanted.len()];
    device.file().read_exact_at(&mut found, start as u64)?;
    let difference = found
        .iter()
        .zip(wanted)
        .position(|(left, right)| left != right);
    ensure!(
        difference.is_none(),
        "byte {} differs",
        start + difference.unwrap_or(0)
    );
    Ok(())
}
