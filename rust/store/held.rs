// SPDX-License-Identifier: GPL-2.0
//! A content while it is read.
#![forbid(unsafe_code)]

use super::{
    buffers::Bounce,
    codec::Decoder,
    record::{Body, Record},
    shard::Shard,
    Algorithm, Store, Tier,
};
use crate::ffi::page::Page;
use kernel::{prelude::*, sync::lock::spinlock::SpinLockBackend, sync::lock::Guard};

/// A content that stays as long as this lives. A spinlock may be held: no sleeping.
pub struct Held<'a, T: Tier>(Inner<'a, T>);

enum Inner<'a, T: Tier> {
    Word(u64),
    Record {
        shard: Guard<'a, Shard<T>, SpinLockBackend>,
        number: u32,
    },
}

impl<'a, T: Tier> Held<'a, T> {
    #[inline(always)]
    pub(super) fn word(word: u64) -> Self {
        Self(Inner::Word(word))
    }

    #[inline(always)]
    pub(super) fn record(shard: Guard<'a, Shard<T>, SpinLockBackend>, number: u32) -> Self {
        Self(Inner::Record { shard, number })
    }

    /// Writes the page to `page`, which is asked for `now`. Does not sleep. EIO, with `page` undefined, when the bytes are not what
    /// was kept.
    #[inline(always)]
    pub fn read(&mut self, store: &Store<T>, page: &Page<'_>, now: u16) -> Result {
        match &mut self.0 {
            Inner::Word(word) => {
                page.fill(*word);
                Ok(())
            }
            Inner::Record { shard, number } => read(shard, *number, store, page, now),
        }
    }

    /// When it came, or was last asked for, and the bytes that it takes; [`None`] for a word.
    pub fn came(&mut self) -> Option<(u16, usize)> {
        let Inner::Record { shard, number } = &mut self.0 else {
            return None;
        };
        let record = shard.get_mut(*number)?;
        Some((record.came(), record.length()))
    }

    /// Bytes that it takes.
    pub fn length(&mut self) -> usize {
        match &mut self.0 {
            Inner::Word(_) => 0,
            Inner::Record { shard, number } => {
                shard.get_mut(*number).map_or(0, |record| record.length())
            }
        }
    }

    /// Damages byte `at` of what is kept. EINVAL for a word, ERANGE past the end, ENOMEM.
    pub fn corrupt(&mut self, at: usize) -> Result {
        match &mut self.0 {
            Inner::Word(_) => Err(EINVAL),
            Inner::Record { shard, number } => {
                let record = shard.get_mut(*number).ok_or(EIO)?;
                T::corrupt(record.object_mut().ok_or(EINVAL)?, at)
            }
        }
    }
}

#[inline(never)]
fn read<T: Tier>(
    shard: &mut Shard<T>,
    number: u32,
    store: &Store<T>,
    page: &Page<'_>,
    now: u16,
) -> Result {
    let record = shard.get_mut(number).ok_or(EIO)?;
    record.set_age(0);
    record.set_came(now);
    decode(record, store, page)
}

pub(super) fn decode<T: Tier>(record: &Record<T>, store: &Store<T>, page: &Page<'_>) -> Result {
    match record.body() {
        Body::Same(quarters) => {
            let word = quarters
                .iter()
                .rev()
                .fold(0, |word, quarter| word << 16 | u64::from(*quarter));
            page.fill(word);
            Ok(())
        }
        Body::Kept(object) => {
            let algorithm = record.algorithm().ok_or(EIO)?;
            if algorithm == Algorithm::Raw {
                // Never in two pieces.
                return T::read(object, &mut [], |bytes| {
                    algorithm.decode(&mut Decoder::default(), bytes, page)
                })?;
            }
            if record.is_learnt() {
                return decode_learnt(record, object, store, page);
            }
            let mut bounce = store.buffers().bounce().lock();
            let Bounce { buffer, decoder } = &mut *bounce;
            T::read(object, buffer.bytes_mut(), |bytes| {
                algorithm.decode(decoder, bytes, page)
            })?
        }
    }
}

/// Apart, so that a page without a dictionary costs not more for those with one.
#[inline(never)]
fn decode_learnt<T: Tier>(
    record: &Record<T>,
    object: &T::Object,
    store: &Store<T>,
    page: &Page<'_>,
) -> Result {
    let dictionary = store.dictionary_of(record).ok_or(EIO)?;
    let mut bounce = store.buffers().bounce().lock();
    let Bounce { buffer, decoder } = &mut *bounce;
    T::read(object, buffer.bytes_mut(), |bytes| {
        decoder.decode_with(&dictionary, bytes, page)
    })?
}
