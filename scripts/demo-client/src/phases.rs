// SPDX-License-Identifier: GPL-2.0
//! Loading and reading, timed.

use crate::random;
use crate::records::{checksum, Record};
use crate::valkey::Valkey;
use crate::Failure;
use serde::Serialize;
use std::time::{Duration, Instant};

/// SETs sent at once; their answers fit any socket buffer.
const BATCH: usize = 64;

#[derive(Serialize)]
pub struct Load {
    records: usize,
    bytes: usize,
    seconds: f64,
}

#[derive(Serialize)]
pub struct Read {
    /// How many there was time for, of how many.
    records: usize,
    of: usize,
    seed: u64,
    seconds: f64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
}

/// Says now and then how far a phase has come.
struct Progress {
    phase: &'static str,
    of: usize,
    next: Instant,
}

impl Progress {
    const EVERY: Duration = Duration::from_secs(5);

    fn new(phase: &'static str, of: usize) -> Self {
        let next = Instant::now() + Self::EVERY;
        Self { phase, of, next }
    }

    fn at(&mut self, now: Instant, done: usize) {
        if now >= self.next {
            eprintln!("{}: {done} of {} records", self.phase, self.of);
            self.next = now + Self::EVERY;
        }
    }
}

pub fn load(valkey: &mut Valkey, records: &[Record]) -> Result<Load, Failure> {
    let mut progress = Progress::new("load", records.len());
    let start = Instant::now();
    let mut done = 0;
    for batch in records.chunks(BATCH) {
        for record in batch {
            valkey.queue_set(&record.key, record.value);
        }
        valkey
            .flush(batch.len())
            .map_err(|error| Failure::Lost { done, error })?;
        done += batch.len();
        progress.at(Instant::now(), done);
    }
    Ok(Load {
        records: records.len(),
        bytes: records
            .iter()
            .map(|record| record.key.len() + record.value.len())
            .sum(),
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// For as long as `most`.
pub fn read(
    valkey: &mut Valkey,
    records: &[Record],
    seed: u64,
    most: Duration,
) -> Result<Read, Failure> {
    let order = random::order(records.len(), seed);
    let mut progress = Progress::new("read", records.len());
    let mut latencies = Vec::with_capacity(records.len());
    let mut value = Vec::new();
    let start = Instant::now();
    for (done, index) in order.into_iter().enumerate() {
        let record = &records[index];
        let asked = Instant::now();
        valkey
            .get(&record.key, &mut value)
            .map_err(|error| Failure::Lost { done, error })?;
        let answered = Instant::now();
        latencies.push(answered - asked);
        if value.len() != record.value.len() || checksum(&value) != record.checksum {
            let key = String::from_utf8_lossy(&record.key).into_owned();
            return Err(Failure::Wrong { key });
        }
        progress.at(answered, done);
        if answered - start >= most {
            break;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Ok(Read {
        records: latencies.len(),
        of: records.len(),
        seed,
        seconds,
        p50_us: percentile(&latencies, 50),
        p99_us: percentile(&latencies, 99),
        max_us: percentile(&latencies, 100),
    })
}

/// In microseconds; the nearest rank of sorted times.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1].as_nanos() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let sorted: Vec<_> = (1..=200).map(Duration::from_micros).collect();
        assert_eq!(percentile(&sorted, 50), 100.0);
        assert_eq!(percentile(&sorted, 99), 198.0);
        assert_eq!(percentile(&sorted[..1], 50), 1.0);
        assert_eq!(percentile(&sorted, 100), 200.0);
    }
}
