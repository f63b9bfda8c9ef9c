// SPDX-License-Identifier: GPL-2.0
//! A swap disk: each page of the block device is a page of a persistent pool.
//!
//! No locks of its own. Requests are done in the caller's context before `submit_bio` returns.
#![forbid(unsafe_code)]

use crate::{
    core::{extent::Extent, extent::SECTOR, size, size::PAGE_BYTES},
    ffi::{
        bio::{Bio, Operation},
        gendisk::{Device, Volume},
        machine,
    },
    pool::{Handle, Joined, Kind, Limit, Plan, Pools, Quotas, BLOCK},
    store::Counter,
};
use kernel::{prelude::*, str::CString, sync::Arc};

/// Pages that are one object of the pool: few enough that the way to each of them is short.
const OBJECT_PAGES: u64 = 2 * BLOCK;

/// No machine can address as much memory (x86-64: 52 bits).
const TOO_LARGE: u64 = 1 << 52;

/// Parts of the pool's index, at least and at most.
const SHARDS: (u64, u64) = (64, 1 << 18);

/// The contents of a swap disk that has a size.
pub struct SwapVolume {
    pool: Joined,
    pages: u64,
}

/// What a swap disk keeps when its contents go.
pub struct Settings {
    /// Its limit and codec.
    pub limit: Arc<Limit>,
    /// Where its pool will be.
    pub pools: Arc<Pools>,
    /// Its number.
    pub number: u32,
}

impl SwapVolume {
    /// Gives a disk contents of `bytes`, rounded up to pages. May sleep.
    ///
    /// EINVAL for 0, ENOMEM for more than can be addressed or when there is no memory, EBUSY when
    /// it has contents already.
    pub fn publish(device: &Device<Self>, bytes: u64) -> Result {
        let pages = size::pages_for(bytes)
            .filter(|_| bytes < TOO_LARGE)
            .ok_or(ENOMEM)?;
        if pages == 0 {
            return Err(EINVAL);
        }
        if device.with_volume(|volume| volume.is_some()) {
            return Err(EBUSY);
        }
        let settings = device.settings();
        let plan = Plan {
            kind: Kind::Persistent,
            owner: CString::try_from_fmt(fmt!("tmem{}", settings.number))?,
            quotas: Quotas::default(),
            limit: settings.limit.clone(),
            shards: (pages / OBJECT_PAGES).clamp(SHARDS.0, SHARDS.1) as usize,
        };
        let pool = settings.pools.create(plan)?;
        let volume = KBox::new(Self { pool, pages }, GFP_KERNEL)?;
        device.publish(volume, pages.saturating_mul(PAGE_BYTES / SECTOR))
    }

    /// Takes a disk's contents and limits away. EBUSY while it is open. May sleep.
    pub fn withdraw(device: &Device<Self>) -> Result {
        drop(device.withdraw()?);
        device.settings().limit.reset();
        Ok(())
    }

    /// What keeps its pages.
    pub fn pool(&self) -> &Joined {
        &self.pool
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> u64 {
        self.pages.saturating_mul(PAGE_BYTES)
    }

    /// Damages byte `at` of what is kept of a page. ENOENT, EINVAL for a page of one word, ERANGE
    /// past the end, ENOMEM. Does not sleep.
    pub fn corrupt(&self, page: u64, at: usize) -> Result {
        self.pool.corrupt(&handle(page), at)
    }

    fn read(&self, bio: &Bio, extent: Extent) -> Result {
        bio.read_pages(extent, |index, page| {
            match self.pool.get(&handle(index), page) {
                Err(ENOENT) => {
                    page.fill(0);
                    Ok(())
                }
                result => result,
            }
        })
        .inspect_err(|_| self.pool.tally(Counter::FailedReads, 1))
    }

    /// A page that is refused leaves what was written before, as on any disk. But a swap write that
    /// fails leaves its pages in memory: what was kept of them, and any older copy, is of no use.
    fn write(&self, bio: &Bio, extent: Extent) -> Result {
        bio.write_pages(extent, |index, page, owner| {
            self.pool.overwrite(&handle(index), page, owner)
        })
        .inspect_err(|_| {
            self.pool.tally(Counter::FailedWrites, 1);
            if bio.is_swap() {
                (extent.first..extent.end()).for_each(|index| {
                    self.pool.forget(&handle(index));
                });
            }
        })
    }

    /// Whole objects at once, so that discarding an empty disk is quick whatever its size.
    fn discard(&self, extent: Extent) {
        let pages = i64::try_from(extent.pages).unwrap_or(0);
        self.pool.tally(Counter::NotifyFree, pages);
        let end = extent.end().min(self.pages);
        let mut index = extent.first;
        while index < end {
            let object_end = (index / OBJECT_PAGES + 1).saturating_mul(OBJECT_PAGES);
            if index % OBJECT_PAGES == 0 && object_end <= end {
                self.pool.flush_object(&handle(index).object);
            } else {
                (index..object_end.min(end)).for_each(|index| self.pool.flush_page(&handle(index)));
            }
            index = object_end;
            machine::cond_resched();
        }
    }
}

impl Volume for SwapVolume {
    type Settings = Settings;

    fn submit(&self, operation: Operation, bio: &Bio) -> Result {
        let Some(extent) = bio.extent().filter(|extent| extent.ends_by(self.pages)) else {
            self.pool.tally(Counter::InvalidIo, 1);
            return Err(EIO);
        };
        match operation {
            Operation::Read => self.read(bio, extent),
            Operation::Write => self.write(bio, extent),
            Operation::Discard => {
                self.discard(extent);
                Ok(())
            }
        }
    }

    fn slot_freed(&self, index: u64) {
        self.pool.tally(Counter::NotifyFree, 1);
        self.pool.flush_page(&handle(index));
    }
}

#[inline]
fn handle(page: u64) -> Handle {
    Handle {
        object: [page / OBJECT_PAGES, 0, 0],
        index: page % OBJECT_PAGES,
    }
}
