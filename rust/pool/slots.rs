// SPDX-License-Identifier: GPL-2.0
//! The slots of a disk: a page each, by number.
//!
//! Lock order: `growth`, alone; a leaf's slot lock, then the store's. Slot locks spin, so no
//! allocation and no release happens under them. A get holds its slot's lock while it decompresses,
//! so that nobody frees the bytes.
//!
//! A leaf of the table comes with the first put into it: a slot never written costs 16 bytes in
//! [`leaf::SLOTS`].
#![forbid(unsafe_code)]

use super::leaf::{self, Leaf};
use crate::{
    core::extent::Extent,
    ffi::{machine, noio, page::Page, zsmalloc::Pool},
    store::{memory_allows, Content, Counter, Store, Tier},
};
use core::mem::replace;
use kernel::{
    alloc::{flags::__GFP_NOWARN, KVVec},
    prelude::*,
    sync::{new_spinlock, SetOnce, SpinLock},
};

/// What a leaf costs, the handles of its pages included: zsmalloc keeps those.
const LEAF_BYTES: u64 = Leaf::BYTES + leaf::SLOTS * <Pool as Tier>::OBJECT_METADATA;

type Directory = KVVec<SetOnce<Pin<KBox<Leaf>>>>;

/// A disk's pages.
pub struct Slots {
    store: Store,
    directory: Directory,
    growth: Pin<KBox<SpinLock<()>>>,
    pages: u64,
}

impl Slots {
    /// `pages` empty slots that keep their pages in `store`. May sleep.
    ///
    /// ENOMEM when there is no memory, and when the directory alone would take more than an eighth
    /// of RAM.
    pub fn new(pages: u64, store: Store) -> Result<Self> {
        let leaves = pages.div_ceil(leaf::SLOTS);
        let bytes = leaves.saturating_mul(size_of::<SetOnce<Pin<KBox<Leaf>>>>() as u64);
        if bytes > machine::ram_bytes() / 8 {
            return Err(ENOMEM);
        }
        let leaves = usize::try_from(leaves)?;
        let mut directory = Directory::with_capacity(leaves, GFP_KERNEL | __GFP_NOWARN)?;
        for _ in 0..leaves {
            directory.push(SetOnce::new(), GFP_KERNEL)?;
        }
        store.account().grow_metadata(bytes)?;
        let growth = KBox::pin_init(new_spinlock!((), "tmem_growth"), GFP_KERNEL)?;
        Ok(Self {
            store,
            directory,
            growth,
            pages,
        })
    }

    /// How many slots there are.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// What keeps their pages.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Keeps a copy of `page` in slot `index`. May sleep, without I/O.
    ///
    /// ENOMEM when it is refused: the slot is then as it was.
    pub fn put(&self, index: u64, page: &Page<'_>) -> Result {
        let leaf = self.leaf_or_new(index).inspect_err(|_| {
            self.store.count(Counter::RefusedEarly, 1);
            self.store.count_refused();
        })?;
        let content = self
            .store
            .put(page)
            .inspect_err(|_| self.store.count_refused())?;
        let old = leaf.with(index, |slot| replace(slot, content));
        self.release(old);
        Ok(())
    }

    /// Copies slot `index` to `page`; zeroes when it is empty. Does not sleep.
    ///
    /// EIO when what is kept was damaged.
    pub fn get(&self, index: u64, page: &Page<'_>) -> Result {
        match self.leaf(index) {
            Some(leaf) => leaf.with(index, |slot| self.store.get(slot, page)),
            None => self.store.get(&Content::Empty, page),
        }
    }

    /// Empties slot `index`. Any context but an interrupt; does not sleep.
    pub fn flush(&self, index: u64) {
        if let Some(leaf) = self.leaf(index) {
            self.flush_in(leaf, index);
        }
    }

    /// Empties a range of slots. May sleep.
    pub fn flush_range(&self, range: Extent) {
        let end = range.end().min(self.pages);
        let mut index = range.first;
        while index < end {
            let leaf_end = (index / leaf::SLOTS + 1)
                .saturating_mul(leaf::SLOTS)
                .min(end);
            if let Some(leaf) = self.leaf(index) {
                (index..leaf_end).for_each(|index| self.flush_in(leaf, index));
            }
            index = leaf_end;
            machine::cond_resched();
        }
    }

    /// Empties slots of a put that failed in the middle. This makes no room that was not there
    /// before it, so it lets no put try that would be turned away.
    pub fn undo(&self, range: Extent) {
        for index in range.first..range.end() {
            if let Some(leaf) = self.leaf(index) {
                self.store
                    .release(leaf.with(index, |slot| replace(slot, Content::Empty)));
            }
        }
    }

    /// Calls `work` with slot `index`, alone. ENOENT when nothing was ever put there. `work` must
    /// not sleep.
    pub fn with_slot<R>(&self, index: u64, work: impl FnOnce(&mut Content) -> R) -> Result<R> {
        Ok(self.leaf(index).ok_or(ENOENT)?.with(index, work))
    }

    fn flush_in(&self, leaf: &Leaf, index: u64) {
        let old = leaf.with(index, |slot| replace(slot, Content::Empty));
        if !matches!(old, Content::Empty) {
            self.store.count(Counter::Flushes, 1);
            self.release(old);
        }
    }

    fn release(&self, old: Content) {
        if matches!(old, Content::Stored(_)) {
            self.store.room_was_made();
        }
        self.store.release(old);
    }

    fn entry(&self, index: u64) -> Option<&SetOnce<Pin<KBox<Leaf>>>> {
        self.directory
            .get(usize::try_from(index / leaf::SLOTS).ok()?)
    }

    fn leaf(&self, index: u64) -> Option<&Leaf> {
        Some(self.entry(index)?.as_ref()?)
    }

    fn leaf_or_new(&self, index: u64) -> Result<&Leaf> {
        let entry = self.entry(index).ok_or(EINVAL)?;
        if let Some(leaf) = entry.as_ref() {
            return Ok(leaf);
        }
        let account = self.store.account();
        memory_allows()?;
        account.grow_metadata(LEAF_BYTES)?;
        let grown = self.grow(entry);
        if !matches!(grown, Ok(true)) {
            account.shrink_metadata(LEAF_BYTES);
        }
        grown?;
        Ok(entry.as_ref().ok_or(EAGAIN)?)
    }

    /// Puts a new leaf into `entry`; whether it was this one that got there.
    fn grow(&self, entry: &SetOnce<Pin<KBox<Leaf>>>) -> Result<bool> {
        let leaf = noio::scope(|| Leaf::new(GFP_KERNEL | __GFP_NOWARN))?;
        let _growth = self.growth.lock();
        Ok(entry.populate(leaf))
    }
}

impl Drop for Slots {
    /// Lets others run between leaves: a full table is millions of objects.
    fn drop(&mut self) {
        for entry in self.directory.iter_mut() {
            drop(replace(entry, SetOnce::new()));
            machine::cond_resched();
        }
    }
}
