// SPDX-License-Identifier: GPL-2.0
//! Puts that would be refused fail before any work (`core/refusal.rs`). One gate for each who puts,
//! so that nobody's limit turns others away.
#![forbid(unsafe_code)]

use crate::{core::refusal, ffi::clock};
use kernel::{
    prelude::*,
    sync::atomic::{ordering::Relaxed, Atomic},
};

/// A gate, and what refusals cost.
pub struct Gate {
    until: Atomic<u64>,
    early: Atomic<u64>,
    spent: Atomic<u64>,
}

impl Gate {
    /// An open one.
    pub fn new() -> Self {
        Self {
            until: Atomic::new(refusal::OPEN),
            early: Atomic::new(0),
            spent: Atomic::new(0),
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

    /// Does `work` if the gate is open, and shuts it if that fails. EAGAIN when it is shut.
    pub(super) fn pass<R>(&self, work: impl FnOnce() -> Result<R>) -> Result<R> {
        if refusal::turns_away(self.until.load(Relaxed), clock::now) {
            self.early.fetch_add(1, Relaxed);
            return Err(EAGAIN);
        }
        let start = clock::now();
        let result = work();
        if result.is_err() {
            let now = clock::now();
            self.until.store(refusal::shut(now), Relaxed);
            self.spent.fetch_add(now.saturating_sub(start), Relaxed);
        }
        result
    }
}
