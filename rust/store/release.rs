// SPDX-License-Identifier: GPL-2.0
//! How a page's content goes.
//!
//! Swap slots are freed many in a row with interrupts off: what is done for each, when nobody else has its
//! content, is compiled into one piece, and all else is kept out of it.
#![forbid(unsafe_code)]

use super::{
    content::Place,
    record::Body,
    records::{RecordPage, Supply},
    shard::{Left, Shard},
    tally::count_last,
    Content, Shape, Store, Tier,
};
use crate::account::{Account, Owner};
use kernel::{
    prelude::*,
    sync::lock::{spinlock::SpinLockBackend, Guard},
};

impl<T: Tier> Store<T> {
    /// Gives up a reference, and says what its page took, and in whose account it is. Any context but
    /// an interrupt; does not sleep.
    #[inline(always)]
    pub fn release(&self, content: Content) -> (Shape, Account<'_>) {
        let account = self.accounts.of(content.owner());
        let shape = match content.place() {
            Place::Word(_) => Shape::WORD,
            Place::Record { shard, number } => self.release_record(shard, number, account),
        };
        (shape, account)
    }

    #[inline(always)]
    fn release_record(&self, at: u8, number: u32, account: Account<'_>) -> Shape {
        let counts = self.counters.here();
        let mut shard = self.open(at);
        let taken = shard.take_if(number, |record| {
            let is_sole = record.is_sole();
            is_sole.then(|| count_last(record, account, counts))
        });
        let Some((shape, left)) = taken else {
            return self.release_shared(shard, number, account.owner());
        };
        drop(shard);
        self.forgot(left);
        shape
    }

    /// Gives up one of several references, or the last one to a content that is pinned, or needs a dictionary.
    #[inline(never)]
    fn release_shared(
        &self,
        mut shard: Guard<'_, Shard<T>, SpinLockBackend>,
        number: u32,
        owner: Owner,
    ) -> Shape {
        let account = self.accounts.of(owner);
        let released = shard.release(number, |record| {
            self.count_release(record, account);
            record.shape()
        });
        let left = shard.take_unused(number);
        drop(shard);
        if let Some(left) = left {
            self.forgot(left);
        }
        let (shape, table_bytes) = released.unwrap_or((Shape::WORD, 0));
        self.forgot_tables(None, table_bytes);
        shape
    }

    /// Frees and takes note of what a content left: seldom more than its bytes.
    #[inline]
    pub(super) fn forgot(&self, left: Left<T>) {
        self.free(left.body);
        match (left.page, left.table_bytes) {
            (None, 0) => {}
            (page, bytes) => self.forgot_tables(page, bytes),
        }
    }

    #[inline]
    pub(super) fn free(&self, body: Body<T::Object>) {
        if let Body::Kept(object) = body {
            self.tier.free(object);
        }
    }

    #[inline(never)]
    fn forgot_tables(&self, page: Option<KBox<RecordPage<T>>>, bytes: u64) {
        let bytes = bytes.saturating_add(page.map_or(0, |_| Supply::<T>::PAGE_COST));
        self.ledger.add_metadata((bytes as i64).wrapping_neg());
    }
}
