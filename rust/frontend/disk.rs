// SPDX-License-Identifier: GPL-2.0
//! A swap disk: each page of the block device is a page of a persistent pool. What the pool refuses
//! goes to the disk below, if there is one (overflow.rs).
//!
//! No locks of its own. What the pool does is done in the caller's context before `submit_bio`
//! returns; nothing in there waits for the disk below.
#![forbid(unsafe_code)]

mod flight;
mod overflow;
mod settings;
mod writeback;

use super::recorder::Trace;
use crate::{
    core::{
        extent::{Extent, SECTOR},
        page_map::Place,
        size::{self, PAGE_BYTES, PAGE_SIZE},
    },
    ffi::{
        bdev::Backing,
        bio::{Bio, Operation, Unfilled},
        gendisk::{Device, Outcome, Request, Volume},
        machine,
        page::Page,
    },
    pool::{Cold, Handle, Joined, Kind, Plan, Quotas, BLOCK},
    store::Counter,
};
use kernel::{prelude::*, str::CString, sync::Arc};
pub use overflow::Overflow;
pub use settings::{Settings, Writeback};
use writeback::{Background, Cleaner};

/// Pages that are one object of the pool: few enough that the way to each of them is short.
const OBJECT_PAGES: u64 = 2 * BLOCK;

/// No machine can address as much memory (x86-64: 52 bits).
const TOO_LARGE: u64 = 1 << 52;

/// Parts of the pool's index, at least and at most.
const SHARDS: (u64, u64) = (64, 1 << 18);

/// The contents of a swap disk that has a size.
pub struct SwapVolume {
    /// Dropped first: it uses the rest.
    background: Option<Background>,
    overflow: Option<Arc<Overflow>>,
    pool: Joined,
    pages: u64,
    trace: Trace,
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
        let backing = settings.backing.lock();
        let plan = Plan {
            kind: Kind::Persistent,
            owner: CString::try_from_fmt(fmt!("tmem{}", settings.number))?,
            quotas: Quotas::default(),
            limit: settings.limit.clone(),
            shards: (pages / OBJECT_PAGES).clamp(SHARDS.0, SHARDS.1) as usize,
            has_below: backing.is_some(),
        };
        let pool = settings.pools.create(plan)?;
        let mut volume = Self {
            background: None,
            overflow: None,
            pool,
            pages,
            trace: Trace::new(settings.recorder.clone(), settings.number),
        };
        if let Some(backing) = &*backing {
            volume.put_over(backing.clone(), settings)?;
        }
        let volume = KBox::new(volume, GFP_KERNEL)?;
        device.publish(volume, pages.saturating_mul(PAGE_BYTES / SECTOR))
    }

    /// Takes a disk's contents, limits and the disk below away. EBUSY while it is open. May sleep.
    pub fn withdraw(device: &Device<Self>) -> Result {
        let settings = device.settings();
        let mut backing = settings.backing.lock();
        drop(device.withdraw()?);
        *backing = None;
        settings.limit.reset();
        settings.writeback.reset();
        Ok(())
    }

    /// Puts the disk at `path` below one that has no size yet, instead of any other. May sleep. EBUSY
    /// when it has, and what [`Backing::open`] fails with.
    pub fn set_backing(device: &Device<Self>, path: &CStr) -> Result {
        let mut backing = device.settings().backing.lock();
        if device.with_volume(|volume| volume.is_some()) {
            return Err(EBUSY);
        }
        *backing = Some(Arc::new(Backing::open(path)?, GFP_KERNEL)?);
        Ok(())
    }

    /// What is on the disk below, if there is one.
    pub fn overflow(&self) -> Option<&Overflow> {
        self.overflow.as_deref()
    }

    fn put_over(&mut self, backing: Arc<Backing>, settings: &Settings) -> Result {
        let overflow = Arc::new(
            Overflow::new(backing, settings.writeback.clone(), self.pages)?,
            GFP_KERNEL,
        )?;
        self.overflow = Some(overflow.clone());
        self.note(1);
        let cleaner = Cleaner::new(self.pool.share(), overflow, self.pages)?;
        self.background = Some(Background::start(settings.number, cleaner)?);
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

    /// Counts what the volume itself takes, beside its pool.
    fn note(&self, sign: i64) {
        let bytes = |overflow: &Overflow| overflow.bytes().saturating_add(Cold::bytes(self.pages));
        let bytes = self.overflow().map_or(0, bytes) as i64;
        self.pool.store().ledger().add_metadata(bytes * sign);
    }

    /// Pages from `first` on are to be read from the disk below, as far as they are there.
    #[inline(never)]
    fn read_below(&self, extent: Extent, first: u64) -> Outcome {
        let end = (first..extent.end()).find(|index| self.place(*index) != Place::Below);
        let pages = end.unwrap_or(extent.end()).saturating_sub(first);
        // One page at least: it was below a moment ago, and if it is not now it may still be read
        // there, as it was written meanwhile.
        let pages = pages.max(1);
        self.trace.get(first, pages);
        Outcome::Below(Extent { first, pages })
    }

    /// Fills a page, unless the disk below has it.
    #[inline(always)]
    fn fill(&self, index: u64, page: &Page<'_>) -> Result<(), Unfilled> {
        match self.pool.get_copy(&handle(index), page) {
            Ok(()) => Ok(()),
            Err(ENOENT) => self.fill_elsewhere(index, page),
            Err(error) => Err(error.into()),
        }
    }

    /// As [`SwapVolume::fill`], of a page that was not in the pool a moment ago. One that comes into the pool is no
    /// longer below: who finds it in neither place looks again.
    #[inline(never)]
    fn fill_elsewhere(&self, index: u64, page: &Page<'_>) -> Result<(), Unfilled> {
        for _ in 0..2 {
            match self.place(index) {
                Place::Below => return Err(Unfilled::Elsewhere(index)),
                Place::Lost => return Err(EIO.into()),
                Place::Elsewhere if self.overflow.is_none() => break,
                Place::Elsewhere => match self.pool.get_copy(&handle(index), page) {
                    Err(ENOENT) => {}
                    result => return Ok(result?),
                },
            }
        }
        page.fill(0);
        Ok(())
    }

    /// What a request is about. EIO for what is not of this disk.
    #[inline(always)]
    fn extent(&self, bio: &Bio) -> Result<Extent> {
        let extent = bio.extent().filter(|extent| extent.ends_by(self.pages));
        extent.ok_or_else(|| {
            self.pool.tally(Counter::InvalidIo, 1);
            EIO
        })
    }

    fn place(&self, index: u64) -> Place {
        self.overflow
            .as_ref()
            .map_or(Place::Elsewhere, |overflow| overflow.place(index))
    }

    /// Whether a page in the pool is as large as it was, and is to be on the disk below.
    fn is_better_below(&self, index: u64) -> bool {
        let page = Extent {
            first: index,
            pages: 1,
        };
        self.overflow().is_some_and(|overflow| {
            overflow.wants_incompressible()
                && overflow.reaches(page)
                && self.pool.stored_length(&handle(index)) >= PAGE_SIZE
        })
    }

    /// A page comes into the pool, or nobody wants it any more.
    fn not_below(&self, index: u64) {
        if let Some(overflow) = &self.overflow {
            overflow.set(index, Place::Elsewhere);
        }
    }

    /// Pages are to be found below from now on, in one step each.
    fn leave(&self, overflow: &Overflow, extent: Extent) {
        for index in extent.first..extent.end() {
            self.pool.forget_and(&handle(index), || {
                overflow.set(index, Place::Below);
            });
        }
    }

    /// A page that is refused leaves what was written before, as on any disk. But a swap write that
    /// fails leaves its pages in memory: what was kept of them, and any older copy, is of no use.
    fn refuse(&self, bio: &Bio, extent: Extent) {
        self.pool.tally(Counter::FailedWrites, 1);
        if bio.is_swap() {
            self.trace.flush(extent.first..extent.end());
            (extent.first..extent.end()).for_each(|index| {
                self.pool.forget(&handle(index));
            });
        }
    }
}

impl Drop for SwapVolume {
    fn drop(&mut self) {
        self.note(-1);
    }
}

impl Volume for SwapVolume {
    type Settings = Settings;

    // It is called from one place.
    #[inline(always)]
    fn read(&self, bio: &Bio) -> Result<Outcome> {
        let extent = self.extent(bio)?;
        let filled = bio.read_pages(extent, |index, page| {
            self.fill(index, page)?;
            self.trace.get(index, 1);
            Ok(())
        });
        match filled {
            Ok(()) => Ok(Outcome::Done),
            Err(Unfilled::Elsewhere(first)) => Ok(self.read_below(extent, first)),
            Err(Unfilled::Failed(error)) => {
                self.pool.tally(Counter::FailedReads, 1);
                Err(error)
            }
        }
    }

    /// A request of which a page is refused goes down as a whole; but a page that would take as much
    /// room in the pool as it has bytes goes down alone, and what comes after it is asked for again.
    fn write(&self, bio: &Bio) -> Result<Outcome> {
        let extent = self.extent(bio)?;
        let mut incompressible = None;
        let written = bio.write_pages(extent, |index, page, owner, origin| {
            let arrives = || self.not_below(index);
            let result = self.pool.overwrite(&handle(index), page, owner, arrives);
            let length = || self.pool.stored_length(&handle(index));
            self.trace
                .put(index, page, (owner, origin), length, &result);
            result?;
            incompressible = Some(index).filter(|index| self.is_better_below(*index));
            incompressible.map_or(Ok(()), |_| Err(E2BIG))
        });
        let part = incompressible.map_or(extent, |first| Extent { first, pages: 1 });
        match (written, &self.overflow) {
            (Ok(()), _) => Ok(Outcome::Done),
            (Err(error), Some(overflow)) if overflow.reaches(part) => {
                if incompressible.is_none() {
                    self.background.as_ref().inspect(|it| it.was_refused(error));
                }
                self.leave(overflow, part);
                Ok(Outcome::Below(part))
            }
            (Err(error), _) => {
                self.refuse(bio, extent);
                Err(error)
            }
        }
    }

    /// Whole objects at once, so that discarding an empty disk is quick whatever its size.
    fn discard(&self, bio: &Bio) -> Result {
        let extent = self.extent(bio)?;
        self.pool.tally(
            Counter::NotifyFree,
            i64::try_from(extent.pages).unwrap_or(0),
        );
        let end = extent.end().min(self.pages);
        let mut index = extent.first;
        while index < end {
            let object_end = (index / OBJECT_PAGES + 1).saturating_mul(OBJECT_PAGES);
            self.trace.flush(index..object_end.min(end));
            if index % OBJECT_PAGES == 0 && object_end <= end {
                self.pool.flush_object(&handle(index).object);
            } else {
                (index..object_end.min(end)).for_each(|index| self.pool.flush_page(&handle(index)));
            }
            if let Some(overflow) = &self.overflow {
                overflow.clear(index, object_end.min(end));
            }
            index = object_end;
            machine::cond_resched();
        }
        Ok(())
    }

    fn below(&self) -> Option<&Backing> {
        self.overflow().map(Overflow::backing)
    }

    fn hand_on(&self, operation: Operation, extent: Extent, request: Request) {
        match (operation, &self.overflow) {
            (Operation::Write, Some(overflow)) => overflow.flight().send(extent, request),
            _ => drop(request),
        }
    }

    fn over(&self, operation: Operation, extent: Extent, succeeded: bool) {
        let Some(overflow) = &self.overflow else {
            return;
        };
        overflow.over(operation, extent, succeeded);
        if !succeeded {
            let failed = match operation {
                Operation::Read => Counter::FailedReads,
                _ => Counter::FailedWrites,
            };
            self.pool.tally(failed, 1);
        }
    }

    fn slot_freed(&self, index: u64) {
        self.trace.flush(index..index.saturating_add(1));
        self.pool.free_slot(&handle(index));
        self.not_below(index);
    }
}

/// The page that [`handle`] stands for.
fn number(handle: &Handle) -> u64 {
    handle.object[0]
        .saturating_mul(OBJECT_PAGES)
        .saturating_add(handle.index)
}

#[inline]
fn handle(page: u64) -> Handle {
    Handle {
        object: [page / OBJECT_PAGES, 0, 0],
        index: page % OBJECT_PAGES,
    }
}
