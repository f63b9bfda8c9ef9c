// SPDX-License-Identifier: GPL-2.0
//! What each of many pages costs to put, and to give up, however many there are already: pages that differ in their last word only,
//! so that a comparison takes its time.

use crate::content::{Class, Content, PAGE};
use crate::ensure;
use crate::outcome::Outcome;
use crate::samples::Samples;
use clap::Args;
use std::time::Instant;
use tmem_client::{Handle, Kind, Page, Pool, Tmem};

#[derive(Args)]
pub struct Options {
    #[arg(long)]
    pages: u64,
}

/// Operations that a mean is taken of.
const PART: usize = 500;

pub fn run(options: &Options) -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let mut page = [0; PAGE];
    let put = each(options.pages, |index| {
        make(index, &mut page);
        timed(|| pool.put(handle(index), &page))
    })?;
    verify(&pool, options.pages)?;
    let free = each(options.pages, |index| {
        timed(|| pool.flush_page(handle(index)))
    })?;
    say("put", &put);
    say("free", &free);
    Ok(())
}

fn each(number: u64, mut cost: impl FnMut(u64) -> Outcome<u64>) -> Outcome<Samples> {
    let mut samples = Samples::default();
    for index in 0..number {
        samples.add(cost(index)?);
    }
    Ok(samples)
}

fn timed(operation: impl FnOnce() -> std::io::Result<()>) -> Outcome<u64> {
    let begin = Instant::now();
    operation()?;
    Ok(begin.elapsed().as_nanos() as u64)
}

fn verify(pool: &Pool<'_>, pages: u64) -> Outcome {
    let (mut page, mut wanted) = ([0; PAGE], [0; PAGE]);
    for index in 0..pages {
        make(index, &mut wanted);
        ensure!(pool.get(handle(index), &mut page)?, "page {index} is gone");
        ensure!(page == wanted, "page {index} is another");
    }
    Ok(())
}

fn make(index: u64, page: &mut Page) {
    Content::new(Class::Text, 0).make(page);
    page[PAGE - 8..].copy_from_slice(&index.to_le_bytes());
}

fn handle(index: u64) -> Handle {
    Handle {
        object: [0; 3],
        index,
    }
}

fn say(name: &str, samples: &Samples) {
    println!(
        "{name}={}\n{name}_last={}",
        samples.mean(),
        samples.mean_of_last(PART)
    );
    println!("{name}_most={}", samples.most());
}
