// SPDX-License-Identifier: GPL-2.0
//! How much memory stores hold, and how much they may.
//!
//! No locks. A store's arena is added to the sum of all when it is seen to have changed, so that a
//! put touches shared memory only when zsmalloc took or gave back pages.
#![forbid(unsafe_code)]

use super::Algorithm;
use crate::ffi::machine;
use kernel::{
    prelude::*,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        Arc,
    },
};

/// What holds for all stores of the module.
pub struct Policy {
    max_bytes: Atomic<u64>,
    held: Atomic<i64>,
    algorithm: Atomic<u32>,
}

impl Policy {
    /// With a cap of `max_bytes`.
    pub fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes: Atomic::new(max_bytes),
            held: Atomic::new(0),
            algorithm: Atomic::new(Algorithm::Lz4 as u32),
        }
    }

    /// The cap on arenas and metadata, in bytes.
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes.load(Relaxed)
    }

    /// Sets the cap. A lower one than what is held refuses puts until enough was freed.
    pub fn set_max_bytes(&self, bytes: u64) {
        self.max_bytes.store(bytes, Relaxed);
    }

    /// The codec of stores that have not chosen one.
    pub fn algorithm(&self) -> Algorithm {
        number_to_algorithm(self.algorithm.load(Relaxed)).unwrap_or(Algorithm::Lz4)
    }

    /// Sets it, for pages put from now on.
    pub fn set_algorithm(&self, algorithm: Algorithm) {
        self.algorithm.store(algorithm as u32, Relaxed);
    }

    fn add(&self, bytes: i64) {
        self.held.add(bytes, Relaxed);
    }

    fn allows(&self) -> bool {
        self.held.load(Relaxed).max(0).unsigned_abs() <= self.max_bytes()
    }
}

/// What holds for one store, and outlives its contents.
pub struct Limit {
    bytes: Atomic<u64>,
    algorithm: Atomic<u32>,
}

const UNCHOSEN: u32 = 0;

impl Limit {
    /// None, and no codec of its own.
    pub fn new() -> Self {
        Self {
            bytes: Atomic::new(0),
            algorithm: Atomic::new(UNCHOSEN),
        }
    }

    /// The most that the arena may hold, in bytes; 0 for no limit.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Sets it; 0 for no limit.
    pub fn set_bytes(&self, bytes: u64) {
        self.bytes.store(bytes, Relaxed);
    }

    /// The codec for pages put from now on.
    pub fn algorithm(&self, policy: &Policy) -> Algorithm {
        number_to_algorithm(self.algorithm.load(Relaxed)).unwrap_or_else(|| policy.algorithm())
    }

    /// Chooses one.
    pub fn set_algorithm(&self, algorithm: Algorithm) {
        self.algorithm.store(algorithm as u32, Relaxed);
    }

    /// As it was when new.
    pub fn reset(&self) {
        self.set_bytes(0);
        self.algorithm.store(UNCHOSEN, Relaxed);
    }

    fn allows(&self, arena: u64) -> bool {
        let limit = self.bytes();
        limit == 0 || arena <= limit
    }
}

fn number_to_algorithm(number: u32) -> Option<Algorithm> {
    Algorithm::numbered(u8::try_from(number).ok()?)
}

/// The part of RAM that plain writes leave to programs.
const FLOOR: u64 = 16;

/// ENOMEM unless there is memory to take. A task that reclaims makes memory by a put and may always try;
/// any other, such as a program that fills the disk with files, must not take what keeps the
/// machine running: nobody gets it back by killing processes.
pub fn memory_allows() -> Result {
    if machine::in_reclaim() || machine::available_bytes() >= machine::ram_bytes() / FLOOR {
        Ok(())
    } else {
        Err(ENOMEM)
    }
}

/// What one store holds. Its part of the sum goes when it is dropped.
pub struct Account {
    policy: Arc<Policy>,
    limit: Arc<Limit>,
    /// The arena as last added to the sum.
    arena: Atomic<u64>,
    arena_max: Atomic<u64>,
    metadata: Atomic<u64>,
}

impl Account {
    pub(super) fn new(policy: Arc<Policy>, limit: Arc<Limit>) -> Self {
        Self {
            policy,
            limit,
            arena: Atomic::new(0),
            arena_max: Atomic::new(0),
            metadata: Atomic::new(0),
        }
    }

    /// What holds for this store.
    pub fn limit(&self) -> &Limit {
        &self.limit
    }

    /// Bytes of tables and buffers.
    pub fn metadata(&self) -> u64 {
        self.metadata.load(Relaxed)
    }

    /// Takes note of more bytes of tables or buffers. ENOMEM, and nothing noted, when that is too
    /// much.
    pub fn grow_metadata(&self, bytes: u64) -> Result {
        self.policy.add(bytes as i64);
        if !self.policy.allows() {
            self.policy.add((bytes as i64).wrapping_neg());
            return Err(ENOMEM);
        }
        self.metadata.fetch_add(bytes, Relaxed);
        Ok(())
    }

    /// Takes note of fewer bytes of tables or buffers.
    pub fn shrink_metadata(&self, bytes: u64) {
        self.policy.add((bytes as i64).wrapping_neg());
        self.metadata.fetch_sub(bytes, Relaxed);
    }

    /// The most that the arena ever held, in bytes, since [`Account::reset_max`].
    pub fn arena_max(&self) -> u64 {
        self.arena_max.load(Relaxed)
    }

    /// Starts the maximum anew, at what is held now.
    pub fn reset_max(&self) {
        self.arena_max.store(self.arena.load(Relaxed), Relaxed);
    }

    /// Takes note of what the arena holds now.
    /// Whether it grew.
    pub(super) fn note_arena(&self, bytes: u64) -> bool {
        if self.arena.load(Relaxed) == bytes {
            return false;
        }
        let before = self.arena.xchg(bytes, Relaxed);
        self.policy.add((bytes as i64).wrapping_sub(before as i64));
        bytes > before
    }

    /// Takes note of what the arena holds with one more object. ENOMEM when that is too much.
    pub(super) fn admit(&self, arena: u64) -> Result {
        let grew = self.note_arena(arena);
        if !self.limit.allows(arena) || !self.policy.allows() {
            return Err(ENOMEM);
        }
        if grew {
            memory_allows()?;
        }
        self.raise_max(arena);
        Ok(())
    }

    fn raise_max(&self, arena: u64) {
        let mut max = self.arena_max.load(Relaxed);
        while arena > max {
            match self.arena_max.cmpxchg(max, arena, Relaxed) {
                Ok(_) => return,
                Err(now) => max = now,
            }
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let held = self
            .arena
            .load(Relaxed)
            .wrapping_add(self.metadata.load(Relaxed));
        self.policy.add((held as i64).wrapping_neg());
    }
}
