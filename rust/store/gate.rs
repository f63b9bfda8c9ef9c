// SPDX-License-Identifier: GPL-2.0
//! Puts that would be refused fail before any work (`core/refusal.rs`). One gate for each who puts,
//! so that nobody's limit turns others away.
#![forbid(unsafe_code)]

use crate::{
    core::refusal,
    ffi::{clock, errno::edquot},
};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use kernel::prelude::*;

/// A gate, and what refusals cost. By the language's atomics: the kernel crate's are a call.
pub struct Gate {
    until: AtomicU64,
    early: AtomicU64,
    spent: AtomicU64,
}

impl Gate {
    /// An open one.
    pub fn new() -> Self {
        Self {
            until: AtomicU64::new(refusal::OPEN),
            early: AtomicU64::new(0),
            spent: AtomicU64::new(0),
        }
    }

    /// Opens it: there may be room. Any context.
    #[inline]
    pub fn open(&self) {
        if self.until.load(Relaxed) != refusal::OPEN {
            self.until.store(refusal::OPEN, Relaxed);
        }
    }

    /// Puts turned away before any work.
    pub fn early(&self) -> u64 {
        self.early.load(Relaxed)
    }

    /// Nanoseconds of CPU time that puts took which were then refused.
    pub fn spent_ns(&self) -> u64 {
        self.spent.load(Relaxed)
    }

    /// Whether a put is to be turned away, which counts it.
    #[inline]
    fn is_shut(&self) -> bool {
        let shut = refusal::turns_away(self.until.load(Relaxed), clock::now);
        if shut {
            self.early.fetch_add(1, Relaxed);
        }
        shut
    }

    /// Shuts it for a while.
    fn shut(&self) {
        self.until.store(refusal::shut(clock::now()), Relaxed);
    }

    /// Does `work` if the gate is open, and shuts it when that fails, but for EDQUOT, which is about
    /// one of those who put. EAGAIN when it is shut.
    pub fn pass<R>(&self, work: impl FnOnce() -> Result<R>) -> Result<R> {
        if self.is_shut() {
            return Err(EAGAIN);
        }
        let start = clock::now();
        let result = work();
        if let Err(error) = &result {
            if *error != edquot() {
                self.shut();
            }
            let spent = clock::now().saturating_sub(start);
            self.spent.fetch_add(spent, Relaxed);
        }
        result
    }
}
