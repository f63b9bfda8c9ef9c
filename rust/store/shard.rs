// SPDX-License-Identifier: GPL-2.0
//! A part of the store's contents, with the table that finds equal ones. Each content is in the
//! shard that its hash names.
#![forbid(unsafe_code)]

use super::{
    buckets::{chain, Buckets},
    record::{Body, Record, Sharing, Tag},
    records::{RecordPage, Records, Supply},
    Tier,
};
use kernel::prelude::*;

/// Contents that look equal are compared byte by byte; no more of them than this.
const MOST_COMPARED: usize = 2;

/// Contents by number.
pub(super) struct Shard<T: Tier> {
    records: Records<T>,
    buckets: Buckets,
    /// Whether nothing is to be counted.
    pub(super) is_closed: bool,
}

/// What a content that went leaves.
pub(super) struct Left<T: Tier> {
    /// To be freed without the lock.
    pub(super) body: Body<T::Object>,
    /// To be freed without the lock.
    pub(super) page: Option<KBox<RecordPage<T>>>,
    /// Bytes that a table became smaller by.
    pub(super) table_bytes: u64,
}

impl<T: Tier> Shard<T> {
    pub(super) const fn new() -> Self {
        Self {
            records: Records::new(),
            buckets: Buckets::new(),
            is_closed: false,
        }
    }

    /// A content that `tag` finds and `equal` confirms.
    pub(super) fn find(
        &mut self,
        tag: &Tag,
        mut equal: impl FnMut(&Record<T>) -> bool,
    ) -> Option<(u32, &mut Record<T>)> {
        let (number, _) = chain(&self.records, self.buckets.first(tag.hash))
            .filter(|(_, record)| record.may_be(tag))
            .take(MOST_COMPARED)
            .find(|(_, record)| equal(record))?;
        Some((number, self.records.get_mut(number)?))
    }

    /// Keeps a content. It comes back when there is no room: then a [`Supply`] is needed.
    pub(super) fn insert(&mut self, record: Record<T>) -> Result<u32, Record<T>> {
        let shared = record.sharing() != Sharing::Alone;
        let number = self.records.insert(record)?;
        if shared && !self.buckets.link(&mut self.records, number) {
            if let Some(record) = self.records.get_mut(number) {
                record.set_alone();
            }
        }
        Ok(number)
    }

    /// A content.
    #[inline]
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Record<T>> {
        self.records.get_mut(number)
    }

    /// Takes content `number` out if a last look at it says something, and says that.
    #[inline(always)]
    pub(super) fn take_if<R>(
        &mut self,
        number: u32,
        look: impl FnOnce(&mut Record<T>) -> Option<R>,
    ) -> Option<(R, Left<T>)> {
        let (page, place) = self.records.locate(number)?;
        let record = page.get_mut(place)?;
        let seen = look(record)?;
        let (is_alone, hash, next) = (record.is_alone(), record.hash, record.next());
        let (body, taken) = page.take(place)?;
        let page = self.records.took(number, taken);
        let table_bytes = if is_alone {
            0
        } else {
            self.buckets.unlink(&mut self.records, number, hash, next)
        };
        let left = Left {
            body,
            page,
            table_bytes,
        };
        Some((seen, left))
    }

    /// Gives up one reference to content `number`, which stays, after a last look at it; and how many
    /// bytes fewer a table takes then.
    pub(super) fn release<R>(
        &mut self,
        number: u32,
        look: impl FnOnce(&Record<T>) -> R,
    ) -> Option<(R, u64)> {
        let record = self.records.get_mut(number)?;
        let seen = look(record);
        let others = record.references().saturating_sub(1);
        record.set_references(others);
        if others > 0 || record.is_alone() {
            return Some((seen, 0));
        }
        record.set_alone();
        let (hash, next) = (record.hash, record.next());
        let table_bytes = self.buckets.unlink(&mut self.records, number, hash, next);
        Some((seen, table_bytes))
    }

    /// Lets content `number` go when its references do, or did.
    pub(super) fn unpin(&mut self, number: u32) -> Option<Left<T>> {
        self.records.get_mut(number)?.set_pinned(false);
        self.take_unused(number)
    }

    /// Takes content `number` out if nothing holds it any more.
    pub(super) fn take_unused(&mut self, number: u32) -> Option<Left<T>> {
        let unused = self.take_if(number, |record| record.is_unused().then_some(()));
        unused.map(|((), left)| left)
    }

    /// How many more record pages the array must have room for; 0 when it has.
    pub(super) fn lacks(&self) -> usize {
        self.records.lacks()
    }

    /// Takes from a supply what is needed.
    pub(super) fn take(&mut self, supply: &mut Supply<T>) {
        self.records.take(supply);
    }

    /// Bytes of tables, those of pages of records excepted.
    pub(super) fn table_bytes(&self) -> u64 {
        self.records
            .array_bytes()
            .saturating_add(self.buckets.bytes())
    }
}
