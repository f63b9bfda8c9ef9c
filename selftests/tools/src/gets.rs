// SPDX-License-Identifier: GPL-2.0
//! Gets pages from a pool of /dev/tmem, with the CPU time that takes, waits for spinlocks included, and how long a get is.

use crate::content::{Class, Content, PAGE};
use crate::ensure;
use crate::outcome::Outcome;
use crate::samples::Samples;
use clap::Args;
use std::io;
use std::time::Instant;
use tmem_client::{Handle, Kind, Tmem};

#[derive(Args)]
pub struct Options {
    #[arg(long, default_value_t = 1024)]
    pages: u64,
    /// How many lots of gets are measured
    #[arg(long, default_value_t = 2000)]
    lots: u64,
    #[arg(long, value_enum, default_value = "text")]
    class: Class,
}

/// Gets of a lot: so few that most lots are not interrupted, so many that asking for the time is nothing.
const LOT: u64 = 16;

pub fn run(options: &Options) -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let mut page = [0; PAGE];
    for index in 0..options.pages {
        Content::new(options.class, index).make(&mut page);
        pool.put(handle(index), &page)?;
    }
    let (mut costs, mut lengths) = (Samples::default(), Samples::default());
    for lot in 0..options.lots {
        let first = lot * LOT;
        let begin = cpu_time()?;
        for number in first..first + LOT {
            let start = Instant::now();
            let hit = pool.get(handle(number % options.pages), &mut page)?;
            lengths.add(start.elapsed().as_nanos() as u64);
            ensure!(hit, "page {number} is gone");
        }
        costs.add((cpu_time()? - begin) / LOT);
        Content::new(options.class, (first + LOT - 1) % options.pages).check(&page)?;
    }
    println!(
        "cpu_ns={}\np50_ns={}\np99_ns={}",
        costs.quantile(50),
        lengths.quantile(50),
        lengths.quantile(99)
    );
    Ok(())
}

fn handle(index: u64) -> Handle {
    Handle {
        object: [1, 0, 0],
        index,
    }
}

/// Nanoseconds that this thread has had a CPU.
fn cpu_time() -> io::Result<u64> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is room for the answer.
    match unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) } {
        0 => Ok(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64),
        _ => Err(io::Error::last_os_error()),
    }
}
