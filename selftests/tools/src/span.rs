// SPDX-License-Identifier: GPL-2.0
//! A run of pages of a device, each with content of its own seed.

use crate::content::{Class, Content, PAGE};
use crate::device::Device;
use crate::ensure;
use crate::mapping::{Kind, Mapping};
use crate::outcome::{errno_name, Outcome};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    device: PathBuf,
    /// First page
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// How many pages
    #[arg(long)]
    count: u64,
    #[arg(long, value_enum, default_value = "mixed")]
    class: Class,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Pages of one request
    #[arg(long, default_value_t = 16)]
    request: u64,
}

#[derive(Args)]
pub struct VerifyOptions {
    #[command(flatten)]
    span: Options,
    /// Pages that must give an I/O error, and nothing else may
    #[arg(long, value_delimiter = ',')]
    damaged: Vec<u64>,
    /// All pages must be zeroes
    #[arg(long)]
    empty: bool,
}

impl Options {
    fn content(&self, page: u64) -> Content {
        // No two seeds have a page in common: equal ones would be kept once.
        Content::new(self.class, (self.seed << 40) + page)
    }
}

pub fn fill(options: &Options) -> Outcome {
    let device = Device::direct(&options.device)?;
    let mut memory = Mapping::new(options.request as usize * PAGE, Kind::Private)?;
    let (mut page, end) = (options.first, options.first + options.count);
    let mut same_filled = 0;
    while page < end {
        let pages = options.request.min(end - page);
        for offset in 0..pages {
            let content = options.content(page + offset);
            same_filled += u64::from(content.is_same_filled());
            content.make(memory.page_mut(offset as usize));
        }
        device.write(page, &memory.bytes()[..pages as usize * PAGE])?;
        page += pages;
    }
    println!("pages={}\nsame_filled={same_filled}", options.count);
    Ok(())
}

pub fn verify(options: &VerifyOptions) -> Outcome {
    let span = &options.span;
    let device = Device::direct(&span.device)?;
    let mut memory = Mapping::new(PAGE, Kind::Private)?;
    for page in span.first..span.first + span.count {
        let read = device.read(page, memory.bytes_mut());
        if options.damaged.contains(&page) {
            let name = read
                .as_ref()
                .map_or_else(errno_name, |()| "no error".into());
            ensure!(
                name == "EIO",
                "page {page} is damaged, and reading it gives {name}"
            );
            continue;
        }
        read.map_err(|error| format!("page {page}: {error}"))?;
        let content = if options.empty {
            Content::EMPTY
        } else {
            span.content(page)
        };
        content
            .check(memory.bytes())
            .map_err(|difference| format!("page {page}: {difference}"))?;
    }
    Ok(())
}
