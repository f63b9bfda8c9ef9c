// SPDX-License-Identifier: GPL-2.0
//! Whether the cost of a put, and of giving the page up, tells if somebody else holds the same page: what `hoard` holds with the
//! same numbers, and pages that nobody holds, are put and flushed in random order.

use crate::content::{Class, Content, Rng, PAGE};
use crate::outcome::Outcome;
use crate::samples::Samples;
use clap::Args;
use std::time::Instant;
use tmem_client::{Handle, Kind, Page, Pool, Tmem};

#[derive(Args)]
pub struct Options {
    /// Pages that are held, and as many that are not
    #[arg(long)]
    pages: u64,
    #[arg(long, value_enum, default_value = "text")]
    class: Class,
    /// Of the pages that are held
    #[arg(long)]
    held: u64,
    /// Of those that are not
    #[arg(long)]
    other: u64,
}

/// What pages of one kind cost.
#[derive(Default)]
struct Costs {
    put: Samples,
    free: Samples,
}

pub fn run(options: &Options) -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let mut costs = [Costs::default(), Costs::default()];
    let mut page = [0; PAGE];
    for (number, is_held) in in_random_order(options.pages) {
        let seed = if is_held { options.held } else { options.other };
        Content::new(options.class, seed * options.pages + number).make(&mut page);
        costs[usize::from(is_held)].note(&pool, &page)?;
    }
    let [other, held] = &costs;
    say("put", &held.put, &other.put);
    say("free", &held.free, &other.free);
    Ok(())
}

impl Costs {
    fn note(&mut self, pool: &Pool<'_>, page: &Page) -> Outcome {
        let handle = Handle {
            object: [0; 3],
            index: 0,
        };
        let begin = Instant::now();
        pool.put(handle, page)?;
        let kept = Instant::now();
        pool.flush_page(handle)?;
        self.free.add(kept.elapsed().as_nanos() as u64);
        self.put.add((kept - begin).as_nanos() as u64);
        Ok(())
    }
}

/// The numbers of the pages of both kinds.
fn in_random_order(pages: u64) -> Vec<(u64, bool)> {
    let mut order: Vec<_> = (0..pages)
        .flat_map(|number| [(number, false), (number, true)])
        .collect();
    let mut rng = Rng::new(pages);
    for at in (1..order.len()).rev() {
        order.swap(at, rng.below(at as u64 + 1) as usize);
    }
    order
}

/// The distance in hundredths of what is seldom exceeded by chance.
fn say(name: &str, held: &Samples, other: &Samples) {
    println!("{name}_distance={:.0}", 100.0 * held.distance(other));
    println!("{name}_held={}\n{name}_other={}", held.mean(), other.mean());
    println!(
        "{name}_held_median={}\n{name}_other_median={}",
        held.quantile(50),
        other.quantile(50)
    );
}
