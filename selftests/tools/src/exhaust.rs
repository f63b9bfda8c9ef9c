// SPDX-License-Identifier: GPL-2.0
//! Writes until there is no room, goes on for a while, and verifies: a page whose write was accepted holds what was written, and
//! one whose write was refused holds what it held before, or nothing.

use crate::content::{Class, Content, PAGE};
use crate::device::Device;
use crate::ensure;
use crate::mapping::{Kind, Mapping};
use crate::outcome::{errno_name, Outcome};
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    device: PathBuf,
    /// How many refusals to go on for
    #[arg(long, default_value_t = 2000)]
    refusals: u64,
    /// Write every how-many-th page
    #[arg(long, default_value_t = 1)]
    stride: usize,
    #[arg(long, value_enum, default_value = "random")]
    class: Class,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub fn run(options: &Options) -> Outcome {
    let device = Device::direct(&options.device)?;
    let mut memory = Mapping::new(PAGE, Kind::Private)?;
    let (mut accepted, mut refused, mut errors) = (Vec::new(), Vec::new(), BTreeMap::new());
    for page in (0..device.pages()).step_by(options.stride) {
        let content = Content::new(options.class, options.seed.wrapping_add(page));
        content.make(memory.bytes_mut());
        match device.write(page, memory.bytes()) {
            Ok(()) => accepted.push((page, content)),
            Err(error) => {
                *errors.entry(errno_name(&error)).or_insert(0) += 1;
                refused.push(page);
            }
        }
        if refused.len() as u64 >= options.refusals {
            break;
        }
    }
    println!("accepted={}\nrefused={}", accepted.len(), refused.len());
    for (name, count) in &errors {
        println!("error_{name}={count}");
    }
    check(&device, &mut memory, accepted.iter().copied())?;
    check(
        &device,
        &mut memory,
        refused.iter().map(|&page| (page, Content::EMPTY)),
    )?;
    ensure!(
        refused.len() as u64 >= options.refusals,
        "the device was full before its memory was: only {} writes were refused",
        refused.len()
    );
    Ok(())
}

fn check(
    device: &Device,
    memory: &mut Mapping,
    pages: impl Iterator<Item = (u64, Content)>,
) -> Outcome {
    for (page, content) in pages {
        device
            .read(page, memory.bytes_mut())
            .map_err(|error| format!("page {page}: {error}"))?;
        content
            .check(memory.bytes())
            .map_err(|difference| format!("page {page}: {difference}"))?;
    }
    Ok(())
}
