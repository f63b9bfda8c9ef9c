// SPDX-License-Identifier: GPL-2.0
//! How much memory the store holds, and how much it may.
//!
//! No locks. Shared memory is written only when the arena or a table grew or shrank by pages.
#![forbid(unsafe_code)]

use super::{record::Sharing, Algorithm};
use crate::ffi::machine;
use kernel::{
    prelude::*,
    sync::atomic::{ordering::Relaxed, Atomic},
};

/// What holds until an administrator sets something else.
const IDLE_SECONDS: u64 = 600;
const CPU_PERCENT: u64 = 10;

/// What an administrator sets for all pools; it outlives the store.
pub struct Policy {
    max_bytes: Atomic<u64>,
    algorithm: Atomic<u32>,
    dedup: Atomic<u32>,
    idle_seconds: Atomic<u64>,
    cpu_percent: Atomic<u64>,
    is_weak: Atomic<bool>,
}

impl Policy {
    /// With a cap of `max_bytes`, LZ4, and equal pages of one cgroup kept once.
    pub fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes: Atomic::new(max_bytes),
            algorithm: Atomic::new(Algorithm::Lz4 as u32),
            dedup: Atomic::new(Sharing::Cgroup as u32),
            idle_seconds: Atomic::new(IDLE_SECONDS),
            cpu_percent: Atomic::new(CPU_PERCENT),
            is_weak: Atomic::new(false),
        }
    }

    /// The cap on arena and metadata, in bytes.
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes.load(Relaxed)
    }

    /// Sets the cap. What is held beyond it is given up if it is ephemeral; puts are refused until
    /// enough was freed.
    pub fn set_max_bytes(&self, bytes: u64) {
        self.max_bytes.store(bytes, Relaxed);
    }

    /// The codec of pools that have not chosen one.
    pub fn algorithm(&self) -> Algorithm {
        u8::try_from(self.algorithm.load(Relaxed))
            .ok()
            .and_then(Algorithm::numbered)
            .unwrap_or(Algorithm::Lz4)
    }

    /// Sets it, for pages put from now on.
    pub fn set_algorithm(&self, algorithm: Algorithm) {
        self.algorithm.store(algorithm as u32, Relaxed);
    }

    /// After how long without being asked for a page is encoded densely, in seconds; 0 for never.
    pub fn recompress_idle_seconds(&self) -> u64 {
        self.idle_seconds.load(Relaxed)
    }

    /// Sets it.
    pub fn set_recompress_idle_seconds(&self, seconds: u64) {
        self.idle_seconds.store(seconds, Relaxed);
    }

    /// How much of one CPU that may take, in percent, 1 to 100.
    pub fn recompress_cpu_percent(&self) -> u64 {
        self.cpu_percent.load(Relaxed)
    }

    /// Sets it.
    pub fn set_recompress_cpu_percent(&self, percent: u64) {
        self.cpu_percent.store(percent, Relaxed);
    }

    /// Which equal pages are kept once.
    pub fn dedup(&self) -> Sharing {
        Sharing::numbered(self.dedup.load(Relaxed))
    }

    /// Sets it, for pages put from now on.
    pub fn set_dedup(&self, sharing: Sharing) {
        self.dedup.store(sharing as u32, Relaxed);
    }

    /// Whether all contents have the same hash: a fault on purpose.
    pub(super) fn is_weak(&self) -> bool {
        self.is_weak.load(Relaxed)
    }

    /// Sets it, for stores made from now on.
    pub fn set_weak(&self, is_weak: bool) {
        self.is_weak.store(is_weak, Relaxed);
    }
}

/// The part of RAM that plain writes leave to programs.
const FLOOR: u64 = 16;

/// ENOMEM unless there is memory to take. A task that reclaims makes memory by a put and may always
/// try; any other, such as a program that fills the disk with files, must not take what keeps the
/// machine running: nobody gets it back by killing processes.
fn memory_allows() -> Result {
    if machine::in_reclaim() || machine::available_bytes() >= machine::ram_bytes() / FLOOR {
        Ok(())
    } else {
        Err(ENOMEM)
    }
}

/// What is held.
pub struct Ledger {
    arena: Atomic<u64>,
    metadata: Atomic<i64>,
}

impl Ledger {
    /// Nothing.
    pub(super) fn new() -> Self {
        Self {
            arena: Atomic::new(0),
            metadata: Atomic::new(0),
        }
    }

    /// Bytes of tables, indexes and buffers.
    pub fn metadata(&self) -> u64 {
        self.metadata.load(Relaxed).max(0).unsigned_abs()
    }

    /// Takes note of more, or fewer, bytes of tables, indexes or buffers. Any context.
    pub fn add_metadata(&self, bytes: i64) {
        if bytes != 0 {
            self.metadata.add(bytes, Relaxed);
        }
    }

    /// ENOMEM when more is held than allowed, `held` in all and `arena` of it in the arena.
    pub(super) fn admit(&self, arena: u64, held: u64, policy: &Policy) -> Result {
        if held > policy.max_bytes() {
            return Err(ENOMEM);
        }
        if self.grew(arena) {
            memory_allows()?;
        }
        Ok(())
    }

    /// ENOMEM when there is to be no table of `bytes` more: it would be more than allowed with what
    /// is `held`, or taken from programs.
    pub(super) fn admit_table(&self, bytes: u64, held: u64, policy: &Policy) -> Result {
        if held.saturating_add(bytes) > policy.max_bytes() {
            return Err(ENOMEM);
        }
        memory_allows()
    }

    /// Whether the arena is larger than when this was last asked.
    fn grew(&self, arena: u64) -> bool {
        self.arena.load(Relaxed) != arena && self.arena.xchg(arena, Relaxed) < arena
    }
}
