// SPDX-License-Identifier: GPL-2.0
//! How much one of a pool's users may hold.
#![forbid(unsafe_code)]

use crate::ffi::errno::edquot;
use kernel::{
    prelude::*,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        Arc,
    },
};

/// A number of things, and the most that there may be.
pub struct Quota {
    used: Atomic<u64>,
    most: Atomic<u64>,
}

impl Quota {
    /// None used, and at most `most`.
    pub fn new(most: u64) -> Self {
        Self {
            used: Atomic::new(0),
            most: Atomic::new(most),
        }
    }

    /// Sets the most. What is used beyond it stays.
    pub fn set_most(&self, most: u64) {
        self.most.store(most, Relaxed);
    }

    /// How much is used.
    pub fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    /// Takes one more. EDQUOT when there is none left. Any context.
    pub fn take(&self) -> Result {
        if self.used.fetch_add(1, Relaxed) < self.most.load(Relaxed) {
            return Ok(());
        }
        self.give();
        Err(edquot())
    }

    /// Gives one back. Any context.
    pub fn give(&self) {
        self.used.fetch_sub(1, Relaxed);
    }
}

/// What a pool's pages and objects are taken from, if from anything.
#[derive(Default)]
pub struct Quotas {
    /// One for each page.
    pub pages: Option<Arc<Quota>>,
    /// One for each object.
    pub objects: Option<Arc<Quota>>,
}

impl Quotas {
    /// For one more page, the first of its object or not. EDQUOT, and nothing taken.
    pub(super) fn take(&self, is_new_object: bool) -> Result {
        take(self.pages.as_deref())?;
        if is_new_object {
            take(self.objects.as_deref()).inspect_err(|_| self.give_page())?;
        }
        Ok(())
    }

    /// For one page less.
    #[inline]
    pub(super) fn give_page(&self) {
        give(self.pages.as_deref());
    }

    /// For one object less.
    pub(super) fn give_object(&self) {
        give(self.objects.as_deref());
    }
}

fn take(quota: Option<&Quota>) -> Result {
    quota.map_or(Ok(()), Quota::take)
}

#[inline]
fn give(quota: Option<&Quota>) {
    if let Some(quota) = quota {
        quota.give();
    }
}
