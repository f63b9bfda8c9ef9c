// SPDX-License-Identifier: GPL-2.0
//! What a page costs that was nowhere yet, one that is stored already, and one that is got back: the time of single-page requests
//! to slots that are empty, and to those that were written. In a guest that counts instructions (`ICOUNT=1`) a nanosecond is one.

use crate::content::PAGE;
use crate::cost::time;
use crate::device::Device;
use crate::ensure;
use crate::given::Given;
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use clap::Args;
use std::path::PathBuf;

const SECTOR: usize = 512;

#[derive(Args)]
pub struct Options {
    device: PathBuf,
    #[command(flatten)]
    given: Given,
    /// How many pages, at most
    #[arg(long, default_value_t = 4000)]
    most: usize,
    /// Only a sector of each page, for a disk that has no more to do than copy it: what the request itself costs
    #[arg(long)]
    bare: bool,
}

pub fn run(options: &Options) -> Outcome {
    let device = Device::direct(&options.device)?;
    let pages = options.given.distinct(options.most)?;
    let count = pages.pages() as u64;
    ensure!(
        device.pages() >= 2 * count,
        "the device has no room for {} pages",
        2 * count
    );
    let bytes = if options.bare { SECTOR } else { PAGE };
    let content = |page| &pages.page(page as usize)[..bytes];
    let put = time(count, |page| device.write(page, content(page)))?;
    let again = time(count, |page| device.write(count + page, content(page)))?;
    let mut back = Mapping::new(pages.pages() * PAGE, Kind::Private)?;
    // The memory is there before it is read to.
    back.bytes_mut().fill(0x55);
    let get = time(count, |page| {
        device.read(page, &mut back.page_mut(page as usize)[..bytes])
    })?;
    if !options.bare {
        compare(&pages, &back)?;
        for page in 0..count {
            device.read(count + page, back.page_mut(page as usize))?;
        }
        compare(&pages, &back)?;
    }
    println!("pages={count}\nput={put}\nagain={again}\nget={get}");
    Ok(())
}

/// Every byte of what came back.
pub fn compare(wanted: &Mapping, back: &Mapping) -> Outcome {
    let differing = (0..wanted.pages()).find(|&page| wanted.page(page) != back.page(page));
    differing.map_or(Ok(()), |page| {
        Err(format!("page {page} came back with other bytes").into())
    })
}
