// SPDX-License-Identifier: GPL-2.0
//! What of a swap disk is on the disk below it: a page that the pool refuses is there at the same
//! offset.
//!
//! No locks but the flight's. Where a page is changes together with what the pool has of it, under the pool's
//! spinlock for it, except that a page which nobody wants any more may be forgotten at any time; so
//! a page that is below is not in the pool.
#![forbid(unsafe_code)]

use super::{flight::Flight, Writeback};
use crate::{
    core::{
        extent::Extent,
        page_map::{self, PageMap, Place},
    },
    ffi::{bdev::Backing, bio::Operation},
};
use core::sync::atomic::AtomicU64;
use kernel::{
    prelude::*,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        Arc,
    },
};

/// The pages on the disk below.
pub struct Overflow {
    backing: Arc<Backing>,
    settings: Arc<Writeback>,
    map: PageMap<KVVec<AtomicU64>>,
    map_bytes: u64,
    flight: Pin<KBox<Flight>>,
    reads: Atomic<u64>,
    writes: Atomic<u64>,
    written_back: Atomic<u64>,
}

impl Overflow {
    /// None there, of a disk of `pages`. May sleep. ENOMEM.
    pub(super) fn new(backing: Arc<Backing>, settings: Arc<Writeback>, pages: u64) -> Result<Self> {
        let words = page_map::words(pages);
        let mut map = KVVec::with_capacity(words as usize, GFP_KERNEL)?;
        for _ in 0..words {
            map.push(AtomicU64::new(0), GFP_KERNEL)?;
        }
        Ok(Self {
            backing,
            settings,
            map: PageMap::new(map),
            map_bytes: words.saturating_mul(size_of::<AtomicU64>() as u64),
            flight: KBox::pin_init(Flight::new(), GFP_KERNEL)?,
            reads: Atomic::new(0),
            writes: Atomic::new(0),
            written_back: Atomic::new(0),
        })
    }

    /// Bytes of memory that it takes to know.
    pub(super) fn bytes(&self) -> u64 {
        self.map_bytes
    }

    /// The disk below.
    pub(super) fn backing(&self) -> &Backing {
        &self.backing
    }

    /// What an administrator sets.
    pub(super) fn settings(&self) -> &Writeback {
        &self.settings
    }

    /// Whether pages that do not compress go there at once.
    pub(super) fn wants_incompressible(&self) -> bool {
        self.settings.takes_incompressible()
    }

    /// Whether all pages of `extent` can be there.
    pub(super) fn reaches(&self, extent: Extent) -> bool {
        self.backing.reaches(extent)
    }

    /// What is just being written there in the background.
    pub(super) fn flight(&self) -> &Flight {
        &self.flight
    }

    /// So many pages were written there in the background.
    pub(super) fn wrote(&self, pages: u64) {
        self.written_back.add(pages, Relaxed);
    }

    /// How many pages requests have read and written there.
    pub(super) fn requests(&self) -> u64 {
        let (reads, writes) = (self.reads.load(Relaxed), self.writes.load(Relaxed));
        reads.saturating_add(writes)
    }

    /// Where `page` is. Any context, as for all that follow.
    #[inline]
    pub(super) fn place(&self, page: u64) -> Place {
        self.map.get(page)
    }

    /// It is at `place` now.
    pub(super) fn set(&self, page: u64, place: Place) {
        self.map.set(page, place);
    }

    /// Nobody wants the pages from `first` to `end` any more.
    pub(super) fn clear(&self, first: u64, end: u64) {
        self.map.clear(first, end);
    }

    /// A request that went there is over. What should have been written is lost if it failed: what
    /// is on the disk is another page's, or half of this one.
    pub(super) fn over(&self, operation: Operation, extent: Extent, succeeded: bool) {
        match operation {
            Operation::Write if succeeded => self.writes.add(extent.pages, Relaxed),
            Operation::Write => (extent.first..extent.end()).for_each(|page| self.map.lose(page)),
            _ => self.reads.add(extent.pages, Relaxed),
        }
    }

    /// Pages that are there, that were read from there, and that were written there.
    pub fn figures(&self) -> [u64; 3] {
        let (writes, back) = (self.writes.load(Relaxed), self.written_back.load(Relaxed));
        [
            self.map.below(),
            self.reads.load(Relaxed),
            writes.saturating_add(back),
        ]
    }
}
