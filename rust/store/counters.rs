// SPDX-License-Identifier: GPL-2.0
//! Counters that CPUs do not share: each adds to a shard of its own, a reader adds the shards up.
//!
//! A single shard may be negative, as a page may be put on one CPU and released on another; at rest
//! the sum is exact.
#![forbid(unsafe_code)]

use crate::ffi::percpu::PerCpu;
use core::sync::atomic::{AtomicI64, Ordering::Relaxed};
use kernel::prelude::*;

/// What is counted, of a pool or of the store. The first ones are those of every put and get: one
/// cache line.
#[derive(Clone, Copy)]
pub enum Counter {
    /// Puts that were accepted.
    Puts,
    /// Pages held.
    Pages,
    /// Bytes of objects: a pool's each time that it refers to one, the store's once.
    StoredBytes,
    /// Gets.
    Gets,
    /// Gets of nothing.
    GetsMissed,
    /// Pages kept as one word.
    SameFilled,
    /// Pages kept as they are.
    RawPages,
    /// Pages ever kept as they are.
    RawPagesSince,
    /// Pages that their users no longer needed.
    Flushes,
    /// Puts refused.
    Refused,
    /// Stored bytes that were not what was kept.
    Corrupt,
    /// Pages dropped to make room.
    Evictions,
    /// Pages that were written to a disk below to make room.
    WrittenBack,
    /// Read requests that failed.
    FailedReads,
    /// Write requests that failed.
    FailedWrites,
    /// Requests that are no whole pages of the disk.
    InvalidIo,
    /// Slots that the swap core freed, and pages discarded.
    NotifyFree,
    /// References beyond the first to contents of [`super::Sharing::Cgroup`].
    DedupCgroup,
    /// References beyond the first to contents of [`super::Sharing::Global`].
    DedupGlobal,
    /// Bytes of objects, for each reference beyond the first.
    DedupBytes,
    /// Bytes of objects that may be dropped at any time.
    EphemeralBytes,
    /// Bytes of objects that several accounts hold, each once.
    SharedBytes,
    /// Contents that were encoded again, by another codec.
    Recompressed,
}

const COUNTERS: usize = Counter::Recompressed as usize + 1;

/// One CPU's counters, or a few CPUs': who has several things to count looks them up once.
///
/// By the language's atomics, of which each is an instruction: the kernel crate's are a call.
#[repr(align(64))]
pub struct Counts([AtomicI64; COUNTERS]);

impl Counts {
    #[inline]
    pub fn add(&self, counter: Counter, by: i64) {
        self.0[counter as usize].fetch_add(by, Relaxed);
    }

    fn get(&self, counter: Counter) -> i64 {
        self.0[counter as usize].load(Relaxed)
    }
}

/// A set of counters, each in as many shards as there are CPUs.
pub struct Counters(PerCpu<Counts>);

impl Counters {
    /// All 0. May sleep. ENOMEM.
    pub fn new() -> Result<Self> {
        PerCpu::new(|| Ok(Counts([const { AtomicI64::new(0) }; COUNTERS]))).map(Self)
    }

    /// This CPU's shard.
    #[inline]
    pub fn here(&self) -> &Counts {
        self.0.here()
    }

    /// Adds to this CPU's shard.
    #[inline]
    pub fn add(&self, counter: Counter, by: i64) {
        self.here().add(counter, by);
    }

    /// The sum over the shards, which may be that of no single moment; never negative.
    pub fn sum(&self, counter: Counter) -> u64 {
        let sum = self
            .0
            .iter()
            .fold(0i64, |sum, shard| sum.wrapping_add(shard.get(counter)));
        sum.max(0).unsigned_abs()
    }
}
