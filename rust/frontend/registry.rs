// SPDX-License-Identifier: GPL-2.0
//! All swap disks there are.
//!
//! Lock order: `disks`, then a disk's own (ffi/gendisk.rs). `disks` is a mutex, taken by control
//! files alone, never by I/O.
#![forbid(unsafe_code)]

use super::{
    disk::{Settings, SwapVolume},
    recorder::Recorder,
};
use crate::{
    ffi::{
        attribute::List,
        gendisk::{Device, Disk, Major},
    },
    pool::Pools,
};
use kernel::{
    prelude::*,
    sync::{new_mutex, Arc, Mutex},
};

/// More minor numbers than this a major number does not have.
const MOST_DISKS: u32 = 1 << 20;

/// The disks, by number, and what they share.
#[pin_data]
pub struct Registry {
    module: &'static ThisModule,
    major: Arc<Major>,
    pools: Arc<Pools>,
    recorder: Arc<Recorder>,
    attributes: List,
    #[pin]
    disks: Mutex<KVec<(u32, Disk<SwapVolume>)>>,
}

impl Registry {
    /// None yet. Each will have `attributes`. May sleep. ENOMEM, EBUSY.
    pub fn new(
        module: &'static ThisModule,
        pools: Arc<Pools>,
        recorder: Arc<Recorder>,
        attributes: List,
    ) -> Result<Arc<Self>> {
        let major = Arc::new(Major::register(c"tmem")?, GFP_KERNEL)?;
        Arc::pin_init(
            pin_init!(Self {
                module,
                major,
                pools,
                recorder,
                attributes,
                disks <- new_mutex!(KVec::new(), "tmem_disks"),
            }),
            GFP_KERNEL,
        )
    }

    /// Adds a disk and returns its number, the lowest free one. May sleep. ENOMEM, ENOSPC.
    pub fn add(&self) -> Result<u32> {
        let mut disks = self.disks.lock();
        let number = (0..MOST_DISKS)
            .find(|number| disks.iter().all(|(taken, _)| taken != number))
            .ok_or(ENOSPC)?;
        let settings = Settings::new(self.pools.clone(), self.recorder.clone(), number)?;
        disks.reserve(1, GFP_KERNEL)?;
        let disk = Disk::add(
            self.module,
            self.major.clone(),
            number,
            settings,
            self.attributes,
        )?;
        disks.push((number, disk), GFP_KERNEL)?;
        Ok(number)
    }

    /// Removes disk `number` and its contents. May sleep. ENODEV when there is none, EBUSY while it
    /// is open.
    pub fn remove(&self, number: u32) -> Result {
        let mut disks = self.disks.lock();
        let at = disks
            .iter()
            .position(|(known, _)| *known == number)
            .ok_or(ENODEV)?;
        let (_, disk) = disks.remove(at).map_err(|_| ENODEV)?;
        disk.remove().or_else(|(disk, error)| {
            // There is room: it was there a moment ago.
            disks.push((number, disk), GFP_KERNEL)?;
            Err(error)
        })
    }

    /// Calls `work` with disk `number`. ENODEV when there is none.
    pub fn with_device<R>(
        &self,
        number: u32,
        work: impl FnOnce(&Device<SwapVolume>) -> R,
    ) -> Result<R> {
        let disks = self.disks.lock();
        let (_, disk) = disks
            .iter()
            .find(|(known, _)| *known == number)
            .ok_or(ENODEV)?;
        disk.device().map(work).ok_or(ENODEV)
    }
}
