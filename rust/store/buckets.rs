// SPDX-License-Identifier: GPL-2.0
//! Where a shard's chains of records begin, by hash: linear hashing over pages of buckets.
//!
//! Under the shard's lock. Growing is worth a try, no more: without memory the chains get longer,
//! and past [`LONGEST`] a record joins no chain, so that nothing equal finds it.
#![forbid(unsafe_code)]

use super::{
    record::{Link, Record},
    records::Records,
    Tier,
};
use crate::core::linear;
use kernel::{
    alloc::{
        flags::{GFP_NOWAIT, __GFP_NOWARN},
        KVVec,
    },
    prelude::*,
};

const PER_SEGMENT: usize = 256;

/// The longest chain that a record joins.
pub(super) const LONGEST: usize = 32;

/// Records a bucket, on average, before there are more buckets.
const LOAD: u32 = 3;

/// The first [`Link`] of each chain.
type Segment = [u32; PER_SEGMENT];

/// Chains of records.
pub(super) struct Buckets {
    segments: KVVec<KBox<Segment>>,
    /// Buckets in use: 0, or [`PER_SEGMENT`] and more.
    buckets: u32,
    /// As [`linear::mask`] has it.
    mask: u32,
    chained: u32,
}

impl Buckets {
    pub(super) const fn new() -> Self {
        Self {
            segments: KVVec::new(),
            buckets: 0,
            mask: 0,
            chained: 0,
        }
    }

    /// Bytes of memory they hold.
    pub(super) fn bytes(&self) -> u64 {
        let segments = self.segments.len().saturating_mul(size_of::<Segment>());
        let array = self
            .segments
            .capacity()
            .saturating_mul(size_of::<KBox<Segment>>());
        segments.saturating_add(array) as u64
    }

    /// The first record of the chain of `hash`.
    #[inline]
    pub(super) fn first(&self, hash: u32) -> Link {
        if self.buckets == 0 {
            return Link::NONE;
        }
        self.get(self.of(hash))
    }

    /// Puts record `number` into its chain; whether it could.
    pub(super) fn link<T: Tier>(&mut self, records: &mut Records<T>, number: u32) -> bool {
        self.grow(records);
        let Some(hash) = records.get(number).map(|record| record.hash) else {
            return false;
        };
        let first = self.first(hash);
        if self.buckets == 0 || length(records, first) >= LONGEST {
            return false;
        }
        if let Some(record) = records.get_mut(number) {
            record.set_next(first);
        }
        self.set(self.of(hash), Link::to(number));
        self.chained = self.chained.saturating_add(1);
        true
    }

    /// Takes record `number`, of this hash and before `next`, out of its chain; how many bytes fewer
    /// the table takes then.
    #[inline(always)]
    pub(super) fn unlink<T: Tier>(
        &mut self,
        records: &mut Records<T>,
        number: u32,
        hash: u32,
        next: Link,
    ) -> u64 {
        if let Some(first) = self.place(self.of(hash)) {
            if *first == Link::to(number).0 {
                *first = next.0;
            } else {
                unlink_later(records, Link(*first), number, next);
            }
        }
        self.chained = self.chained.wrapping_sub(1);
        // Half of them are without need.
        if self.buckets > PER_SEGMENT as u32 && self.chained < self.buckets / LOAD {
            self.shrink(records)
        } else {
            0
        }
    }

    /// One more bucket when the chains get long.
    fn grow<T: Tier>(&mut self, records: &mut Records<T>) {
        if self.chained < self.buckets.saturating_mul(LOAD) {
            return;
        }
        if self.buckets as usize == self.segments.len().saturating_mul(PER_SEGMENT)
            && self.add_segment().is_err()
        {
            return;
        }
        if self.buckets == 0 {
            self.set_number(PER_SEGMENT as u32);
        } else {
            self.split(records);
        }
    }

    fn add_segment(&mut self) -> Result {
        let flags = GFP_NOWAIT | __GFP_NOWARN;
        let segment = KBox::init(pin_init::init_zeroed(), flags)?;
        Ok(self.segments.push(segment, flags)?)
    }

    /// Adds a bucket, which takes its own from its buddy's chain.
    fn split<T: Tier>(&mut self, records: &mut Records<T>) {
        let last = self.buckets;
        let buddy = linear::buddy(last);
        let mut left = self.get(buddy);
        self.set(buddy, Link::NONE);
        self.set_number(last.wrapping_add(1));
        while let Some(number) = left.number() {
            let Some(record) = records.get_mut(number) else {
                return;
            };
            left = record.next();
            let bucket = self.of(record.hash);
            record.set_next(self.get(bucket));
            self.set(bucket, Link::to(number));
        }
    }

    /// One bucket less; how many bytes fewer they take then.
    #[inline(never)]
    fn shrink<T: Tier>(&mut self, records: &mut Records<T>) -> u64 {
        let before = self.bytes();
        self.merge(records);
        before.saturating_sub(self.bytes())
    }

    /// Takes the last bucket away, whose entries go to its buddy's, unless that chain would be too
    /// long.
    fn merge<T: Tier>(&mut self, records: &mut Records<T>) {
        let last = self.buckets.wrapping_sub(1);
        let buddy = linear::buddy(last);
        let (own, other) = (self.get(last), self.get(buddy));
        if length(records, own).saturating_add(length(records, other)) > LONGEST {
            return;
        }
        if let Some(record) = end(records, own).and_then(|number| records.get_mut(number)) {
            record.set_next(other);
            self.set(buddy, own);
            self.set(last, Link::NONE);
        }
        self.set_number(last);
        if last as usize % PER_SEGMENT == 0 {
            drop(self.segments.pop());
        }
    }

    #[inline]
    fn get(&self, bucket: u32) -> Link {
        let bucket = bucket as usize;
        let segment = self.segments.get(bucket / PER_SEGMENT);
        segment.map_or(Link::NONE, |segment| Link(segment[bucket % PER_SEGMENT]))
    }

    #[inline]
    fn set(&mut self, bucket: u32, first: Link) {
        if let Some(place) = self.place(bucket) {
            *place = first.0;
        }
    }

    #[inline]
    fn place(&mut self, bucket: u32) -> Option<&mut u32> {
        let bucket = bucket as usize;
        let segment = self.segments.get_mut(bucket / PER_SEGMENT)?;
        Some(&mut segment[bucket % PER_SEGMENT])
    }

    /// The bucket of `hash`.
    #[inline]
    fn of(&self, hash: u32) -> u32 {
        linear::bucket(hash, self.buckets, self.mask)
    }

    fn set_number(&mut self, buckets: u32) {
        self.buckets = buckets;
        self.mask = linear::mask(buckets);
    }
}

/// A chain's records, from `first` on.
pub(super) fn chain<T: Tier>(
    records: &Records<T>,
    first: Link,
) -> impl Iterator<Item = (u32, &Record<T>)> {
    let mut next = first;
    core::iter::from_fn(move || {
        let number = next.number()?;
        let record = records.get(number)?;
        next = record.next();
        Some((number, record))
    })
}

fn length<T: Tier>(records: &Records<T>, first: Link) -> usize {
    chain(records, first).count()
}

fn end<T: Tier>(records: &Records<T>, first: Link) -> Option<u32> {
    chain(records, first).last().map(|(number, _)| number)
}

/// Takes record `number`, before `next`, out of a chain, where others come before it.
#[inline(never)]
fn unlink_later<T: Tier>(records: &mut Records<T>, first: Link, number: u32, next: Link) {
    let mut at = first;
    for _ in 0..LONGEST {
        let Some(record) = at.number().and_then(|number| records.get_mut(number)) else {
            return;
        };
        at = record.next();
        if at == Link::to(number) {
            return record.set_next(next);
        }
    }
}
