// SPDX-License-Identifier: GPL-2.0
//! What an administrator sets for one swap disk.
#![forbid(unsafe_code)]

use super::Writeback;
use crate::{
    ffi::bdev::Backing,
    frontend::recorder::Recorder,
    pool::{Limit, Pools},
};
use kernel::{
    prelude::*,
    sync::{new_mutex, Arc, Mutex},
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
