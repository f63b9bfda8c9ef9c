// SPDX-License-Identifier: GPL-2.0
//! A swap disk: each page of the block device is a slot.
//!
//! No locks of its own. Requests are done in the caller's context before `submit_bio` returns.
#![forbid(unsafe_code)]

use crate::{
    core::{extent::Extent, extent::SECTOR, size, size::PAGE_BYTES},
    ffi::{
        bio::{Bio, Operation},
        gendisk::{Device, Volume},
    },
    pool::Slots,
    store::{Counter, Limit, Policy, Store},
};
use kernel::{prelude::*, str::CString, sync::Arc};

/// The contents of a swap disk that has a size.
pub struct SwapVolume {
    slots: Slots,
}

/// What a swap disk keeps when its contents go.
pub struct Settings {
    /// Its limit and codec.
    pub limit: Arc<Limit>,
    /// What holds for all disks.
    pub policy: Arc<Policy>,
    /// Its name.
    pub name: CString,
}

impl SwapVolume {
    /// Gives a disk contents of `bytes`, rounded up to pages. May sleep.
    ///
    /// EINVAL for 0, ENOMEM for more than can be addressed or when there is no memory, EBUSY when
    /// it has contents already.
    pub fn publish(device: &Device<Self>, bytes: u64) -> Result {
        let pages = size::pages_for(bytes).ok_or(ENOMEM)?;
        if pages == 0 {
            return Err(EINVAL);
        }
        if device.with_volume(|volume| volume.is_some()) {
            return Err(EBUSY);
        }
        let settings = device.settings();
        let store = Store::new(
            &settings.name,
            settings.policy.clone(),
            settings.limit.clone(),
        )?;
        let volume = KBox::new(
            Self {
                slots: Slots::new(pages, store)?,
            },
            GFP_KERNEL,
        )?;
        device.publish(volume, pages.saturating_mul(PAGE_BYTES / SECTOR))
    }

    /// Takes a disk's contents and limits away. EBUSY while it is open. May sleep.
    pub fn withdraw(device: &Device<Self>) -> Result {
        drop(device.withdraw()?);
        device.settings().limit.reset();
        Ok(())
    }

    /// Its slots.
    pub fn slots(&self) -> &Slots {
        &self.slots
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> u64 {
        self.slots.pages().saturating_mul(PAGE_BYTES)
    }

    fn read(&self, bio: &Bio) -> Result {
        bio.read_pages(|index, page| self.slots.get(index, page))
            .inspect_err(|_| self.slots.store().count(Counter::FailedReads, 1))
    }

    /// A swap write that fails leaves its pages in memory: what was kept of them, and any older
    /// copy, is of no use.
    fn write(&self, bio: &Bio, extent: Extent) -> Result {
        bio.write_pages(|index, page| self.slots.put(index, page))
            .inspect_err(|_| {
                self.slots.store().count(Counter::FailedWrites, 1);
                if bio.is_swap() {
                    self.slots.undo(extent);
                }
            })
    }

    fn discard(&self, extent: Extent) {
        self.slots.store().count(
            Counter::NotifyFree,
            i64::try_from(extent.pages).unwrap_or(0),
        );
        self.slots.flush_range(extent);
    }
}

impl Volume for SwapVolume {
    type Settings = Settings;

    fn submit(&self, operation: Operation, bio: &Bio) -> Result {
        let Some(extent) = bio
            .extent()
            .filter(|extent| extent.ends_by(self.slots.pages()))
        else {
            self.slots.store().count(Counter::InvalidIo, 1);
            return Err(EIO);
        };
        match operation {
            Operation::Read => self.read(bio),
            Operation::Write => self.write(bio, extent),
            Operation::Discard => {
                self.discard(extent);
                Ok(())
            }
        }
    }

    fn slot_freed(&self, index: u64) {
        self.slots.store().count(Counter::NotifyFree, 1);
        self.slots.flush(index);
    }
}
