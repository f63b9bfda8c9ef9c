// SPDX-License-Identifier: GPL-2.0
//! The records of a shard, by number: an array of pages that come and go.
//!
//! Under the shard's lock; nothing here allocates or frees.
#![forbid(unsafe_code)]

use super::{
    record::{Body, Record},
    Tier,
};
use crate::core::size::PAGE_SIZE;
use core::mem::{replace, swap};
use kernel::{
    alloc::{flags::__GFP_NOWARN, KVVec},
    prelude::*,
};

const PER_PAGE: usize = 145;

/// A record's number is its page's, and in the low bits its place there: no division. So a shard has 4.7
/// million records at most.
const PLACE_BITS: u32 = 8;
const _: () = assert!(PER_PAGE <= 1 << PLACE_BITS);

/// The end of a list, of pages or of records.
const NONE: u32 = u32::MAX;

/// A page of records.
pub(super) struct RecordPage<T: Tier> {
    records: [Record<T>; PER_PAGE],
    /// The first free record; each names the next one.
    free: u32,
    used: u16,
    /// Neighbours in the list of pages with free records.
    next: u32,
    previous: u32,
}

const _: () = assert!(size_of::<RecordPage<crate::ffi::zsmalloc::Pool>>() <= PAGE_SIZE);

/// A page of the array, or the next number that has none.
enum Entry<T: Tier> {
    Page(KBox<RecordPage<T>>),
    Vacant(u32),
}

/// What a page was when a record was taken out of it, and is now.
pub(super) struct Taken {
    was_full: bool,
    is_empty: bool,
}

/// Records by number.
pub(super) struct Records<T: Tier> {
    entries: KVVec<Entry<T>>,
    /// The first page with free records.
    open: u32,
    /// The first number without a page.
    vacant: u32,
}

/// What an insertion lacks: memory that is allocated, and what is left of it freed, without the
/// lock.
pub(super) struct Supply<T: Tier> {
    page: Option<KBox<RecordPage<T>>>,
    entries: KVVec<Entry<T>>,
}

impl<T: Tier> Supply<T> {
    /// A page, and room for `entries` pages when that is more than 0. May sleep. ENOMEM.
    pub(super) fn new(entries: usize) -> Result<Self> {
        let flags = GFP_KERNEL | __GFP_NOWARN;
        Ok(Self {
            page: Some(RecordPage::new(flags)?),
            entries: KVVec::with_capacity(entries, flags)?,
        })
    }

    /// Whether its page is in use.
    pub(super) fn is_taken(&self) -> bool {
        self.page.is_none()
    }

    /// Bytes that a page costs, the handles of their objects included: zsmalloc keeps those.
    pub(super) const PAGE_COST: u64 = PAGE_SIZE as u64 + PER_PAGE as u64 * T::OBJECT_METADATA;
}

impl<T: Tier> RecordPage<T> {
    fn new(flags: kernel::alloc::Flags) -> Result<KBox<Self>> {
        let records = pin_init::init_array_from_fn(|at| {
            let mut record = Record::FREE;
            let next = at.wrapping_add(1);
            record.hash = if next < PER_PAGE { next as u32 } else { NONE };
            record
        });
        KBox::init(
            pin_init::init!(Self {
                records <- records,
                free: 0,
                used: 0,
                next: NONE,
                previous: NONE,
            }),
            flags,
        )
    }

    /// A record.
    #[inline]
    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Record<T>> {
        self.records.get_mut(place)
    }

    /// Takes a record out, of which only what it consists of is left.
    #[inline]
    pub(super) fn take(&mut self, place: usize) -> Option<(Body<T::Object>, Taken)> {
        let record = self.records.get_mut(place)?;
        let body = record.free();
        record.hash = self.free;
        let was_full = self.free == NONE;
        self.free = place as u32;
        self.used = self.used.wrapping_sub(1);
        let is_empty = self.used == 0;
        Some((body, Taken { was_full, is_empty }))
    }
}

impl<T: Tier> Records<T> {
    pub(super) const fn new() -> Self {
        Self {
            entries: KVVec::new(),
            open: NONE,
            vacant: NONE,
        }
    }

    /// How many entries the array must have room for before a page can be added; 0 when it has.
    pub(super) fn lacks(&self) -> usize {
        if self.vacant != NONE || self.entries.len() < self.entries.capacity() {
            0
        } else {
            self.entries.len().saturating_mul(2).max(16)
        }
    }

    /// Bytes of the array itself.
    pub(super) fn array_bytes(&self) -> u64 {
        (self.entries.capacity() as u64).saturating_mul(size_of::<Entry<T>>() as u64)
    }

    /// Takes from a supply what is still needed: another CPU may have been quicker.
    pub(super) fn take(&mut self, supply: &mut Supply<T>) {
        let room = &mut supply.entries;
        if room.capacity() > self.entries.capacity() {
            for entry in self.entries.drain_all() {
                // There is room: more than before.
                let _ = room.push_within_capacity(entry);
            }
            swap(room, &mut self.entries);
        }
        if self.open != NONE {
            return;
        }
        if let Some(number) = self.vacant_number() {
            if let (Some(entry), Some(page)) =
                (self.entries.get_mut(number as usize), supply.page.take())
            {
                *entry = Entry::Page(page);
                self.link_open(number);
            }
        }
    }

    /// A number whose entry is vacant, in no list; [`None`] when there are as many pages as can be.
    fn vacant_number(&mut self) -> Option<u32> {
        if let Some(Entry::Vacant(next)) = self.entries.get(self.vacant as usize) {
            return Some(replace(&mut self.vacant, *next));
        }
        let number = self.entries.len() as u32;
        let fits = number < Record::<T>::MOST >> PLACE_BITS;
        let vacant = Entry::Vacant(NONE);
        (fits && self.entries.push_within_capacity(vacant).is_ok()).then_some(number)
    }

    /// Keeps a record. It comes back when there is no free one: then a [`Supply`] is needed.
    pub(super) fn insert(&mut self, mut record: Record<T>) -> Result<u32, Record<T>> {
        let number = self.open;
        let Some(page) = self.page_mut(number) else {
            return Err(record);
        };
        let at = page.free;
        let Some(place) = page.records.get_mut(at as usize) else {
            return Err(record);
        };
        page.free = place.hash;
        swap(place, &mut record);
        page.used = page.used.wrapping_add(1);
        if page.free == NONE {
            self.unlink_open(number);
        }
        Ok(number << PLACE_BITS | at)
    }

    /// A record.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Record<T>> {
        let (page, place) = split(number);
        match self.entries.get(page as usize)? {
            Entry::Page(page) => page.records.get(place as usize),
            Entry::Vacant(_) => None,
        }
    }

    /// A record.
    #[inline]
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Record<T>> {
        let (page, place) = self.locate(number)?;
        page.get_mut(place)
    }

    /// The page of a record, and its place there.
    #[inline]
    pub(super) fn locate(&mut self, number: u32) -> Option<(&mut RecordPage<T>, usize)> {
        let (page, place) = split(number);
        Some((self.page_mut(page)?, place as usize))
    }

    /// Takes note that a record was taken out of its page, and takes the page out as well if that was its
    /// last. The last page with free records stays, so that a record that comes and goes costs no page
    /// each time.
    #[inline]
    pub(super) fn took(&mut self, number: u32, taken: Taken) -> Option<KBox<RecordPage<T>>> {
        let (page, _) = split(number);
        if taken.was_full {
            self.link_open(page);
        }
        if taken.is_empty {
            self.vacate(page)
        } else {
            None
        }
    }

    #[inline(never)]
    fn vacate(&mut self, number: u32) -> Option<KBox<RecordPage<T>>> {
        let page = self.page_mut(number)?;
        if page.next == NONE && page.previous == NONE {
            return None;
        }
        self.unlink_open(number);
        let vacant = Entry::Vacant(self.vacant);
        self.vacant = number;
        match replace(self.entries.get_mut(number as usize)?, vacant) {
            Entry::Page(page) => Some(page),
            Entry::Vacant(_) => None,
        }
    }

    #[inline]
    fn page_mut(&mut self, number: u32) -> Option<&mut RecordPage<T>> {
        match self.entries.get_mut(number as usize)? {
            Entry::Page(page) => Some(page),
            Entry::Vacant(_) => None,
        }
    }

    #[inline(never)]
    fn link_open(&mut self, number: u32) {
        let first = replace(&mut self.open, number);
        if let Some(page) = self.page_mut(first) {
            page.previous = number;
        }
        if let Some(page) = self.page_mut(number) {
            page.next = first;
            page.previous = NONE;
        }
    }

    fn unlink_open(&mut self, number: u32) {
        let Some(page) = self.page_mut(number) else {
            return;
        };
        let (next, previous) = (
            replace(&mut page.next, NONE),
            replace(&mut page.previous, NONE),
        );
        if let Some(page) = self.page_mut(next) {
            page.previous = previous;
        }
        match self.page_mut(previous) {
            Some(page) => page.next = next,
            None => self.open = next,
        }
    }
}

/// The page and the place there of a record's number.
#[inline]
fn split(number: u32) -> (u32, u32) {
    (number >> PLACE_BITS, number & ((1 << PLACE_BITS) - 1))
}
