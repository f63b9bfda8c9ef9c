// SPDX-License-Identifier: GPL-2.0
//! A content while it is read.
#![forbid(unsafe_code)]

use super::{
    record::{Body, Record},
    shard::Shard,
    Store, Tier,
};
use crate::ffi::page::Page;
use kernel::{prelude::*, sync::lock::spinlock::SpinLockBackend, sync::lock::Guard};

/// A content that stays as long as this lives. A spinlock may be held: no sleeping.
pub struct Held<'a, T: Tier>(Inner<'a, T>);

enum Inner<'a, T: Tier> {
    Pattern(u32),
    Record {
        shard: Guard<'a, Shard<T>, SpinLockBackend>,
        number: u32,
    },
}

impl<'a, T: Tier> Held<'a, T> {
    pub(super) fn pattern(word: u32) -> Self {
        Self(Inner::Pattern(word))
    }

    pub(super) fn record(shard: Guard<'a, Shard<T>, SpinLockBackend>, number: u32) -> Self {
        Self(Inner::Record { shard, number })
    }

    /// Writes the page to `page`. EIO, with `page` undefined, when the bytes are not what was kept.
    pub fn read(&mut self, store: &Store<T>, page: &Page<'_>) -> Result {
        match &mut self.0 {
            Inner::Pattern(word) => {
                page.fill(repeat(*word, *word));
                Ok(())
            }
            Inner::Record { shard, number } => {
                let record = shard.get_mut(*number).ok_or(EIO)?;
                record.set_age(0);
                decode(record, store, page)
            }
        }
    }

    /// Whether it is time for it to leave; if not, it is one round older. A word takes no room, and
    /// leaves with the others.
    pub fn grow_older(&mut self) -> bool {
        match &mut self.0 {
            Inner::Pattern(_) => true,
            Inner::Record { shard, number } => shard.get_mut(*number).is_some_and(|record| {
                let age = record.age();
                record.set_age(age.saturating_add(1));
                age > 0
            }),
        }
    }

    /// Damages byte `at` of what is kept. EINVAL for a word, ERANGE past the end, ENOMEM.
    pub fn corrupt(&mut self, at: usize) -> Result {
        match &mut self.0 {
            Inner::Pattern(_) => Err(EINVAL),
            Inner::Record { shard, number } => {
                let record = shard.get_mut(*number).ok_or(EIO)?;
                T::corrupt(record.object_mut().ok_or(EINVAL)?, at)
            }
        }
    }
}

fn decode<T: Tier>(record: &Record<T>, store: &Store<T>, page: &Page<'_>) -> Result {
    match record.body() {
        Body::Same { word, .. } => {
            page.fill(repeat(word[0], word[1]));
            Ok(())
        }
        Body::Kept(object) => {
            let algorithm = record.algorithm().ok_or(EIO)?;
            let mut bounce = store.buffers().bounce().lock();
            T::read(object, bounce.bytes_mut(), |bytes| {
                algorithm.decode(bytes, page)
            })?
        }
    }
}

fn repeat(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
