// SPDX-License-Identifier: GPL-2.0
//! What an administrator sets for one pool.
#![forbid(unsafe_code)]

use crate::store::{Algorithm, Policy};
use kernel::sync::atomic::{ordering::Relaxed, Atomic};

/// What holds for one pool, and may outlive it.
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

    /// The most that the pool's part of the arena may be, in bytes; 0 for no limit.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Sets it; 0 for no limit.
    pub fn set_bytes(&self, bytes: u64) {
        self.bytes.store(bytes, Relaxed);
    }

    /// The codec for pages put from now on.
    pub fn algorithm(&self, policy: &Policy) -> Algorithm {
        u8::try_from(self.algorithm.load(Relaxed))
            .ok()
            .and_then(Algorithm::numbered)
            .unwrap_or_else(|| policy.algorithm())
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
}
