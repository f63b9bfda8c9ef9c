// SPDX-License-Identifier: GPL-2.0
//! What an administrator sets for one swap disk.
#![forbid(unsafe_code)]

use crate::{
    ffi::bdev::Backing,
    frontend::recorder::Recorder,
    pool::{Limit, Pools},
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        new_mutex, Arc, Mutex,
    },
};

/// What a swap disk keeps when its contents go.
pub struct Settings {
    /// Its limit and codec.
    pub limit: Arc<Limit>,
    /// Where its pool will be.
    pub pools: Arc<Pools>,
    /// Who records what happens to its pages.
    pub recorder: Arc<Recorder>,
    /// Its number.
    pub number: u32,
    /// The disk below. Taken before the disk's own locks, and while contents come and go.
    pub backing: Pin<KBox<Mutex<Option<Arc<Backing>>>>>,
    /// What goes there in the background.
    pub writeback: Arc<Writeback>,
}

impl Settings {
    /// As they are at first. May sleep. ENOMEM.
    pub fn new(pools: Arc<Pools>, recorder: Arc<Recorder>, number: u32) -> Result<Self> {
        Ok(Self {
            limit: Arc::new(Limit::new(), GFP_KERNEL)?,
            pools,
            recorder,
            number,
            backing: KBox::pin_init(new_mutex!(None, "tmem_backing"), GFP_KERNEL)?,
            writeback: Arc::new(Writeback::new(), GFP_KERNEL)?,
        })
    }
}

/// What goes to the disk below in the background. It outlives the disk's contents.
pub struct Writeback {
    is_on: Atomic<bool>,
    takes_incompressible: Atomic<bool>,
    is_limited: Atomic<bool>,
    limit: Atomic<u64>,
}

impl Writeback {
    /// On, without a limit; pages that do not compress go there, too.
    pub(super) const fn new() -> Self {
        Self {
            is_on: Atomic::new(true),
            takes_incompressible: Atomic::new(true),
            is_limited: Atomic::new(false),
            limit: Atomic::new(0),
        }
    }

    /// As it was when new.
    pub(super) fn reset(&self) {
        self.set_on(true);
        self.set_takes_incompressible(true);
        self.set_limited(false);
        self.set_limit(0);
    }

    /// Whether cold pages go to the disk below.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Relaxed)
    }

    /// Sets it.
    pub fn set_on(&self, is_on: bool) {
        self.is_on.store(is_on, Relaxed);
    }

    /// Whether pages that do not compress go there at once.
    pub fn takes_incompressible(&self) -> bool {
        self.takes_incompressible.load(Relaxed)
    }

    /// Sets it.
    pub fn set_takes_incompressible(&self, takes: bool) {
        self.takes_incompressible.store(takes, Relaxed);
    }

    /// Whether [`Writeback::limit`] holds.
    pub fn is_limited(&self) -> bool {
        self.is_limited.load(Relaxed)
    }

    /// Sets it.
    pub fn set_limited(&self, is_limited: bool) {
        self.is_limited.store(is_limited, Relaxed);
    }

    /// How many pages may still be written back.
    pub fn limit(&self) -> u64 {
        self.limit.load(Relaxed)
    }

    /// Sets it.
    pub fn set_limit(&self, pages: u64) {
        self.limit.store(pages, Relaxed);
    }

    /// How many of `pages` may be written back now.
    pub(super) fn allowance(&self, pages: usize) -> usize {
        match (self.is_on(), self.is_limited()) {
            (false, _) => 0,
            (true, false) => pages,
            (true, true) => usize::try_from(self.limit())
                .unwrap_or(usize::MAX)
                .min(pages),
        }
    }

    pub(super) fn spend(&self, pages: u64) {
        if self.is_limited() {
            // Only this thread takes from it; what an administrator sets meanwhile counts.
            self.limit.fetch_sub(pages.min(self.limit()), Relaxed);
        }
    }
}
