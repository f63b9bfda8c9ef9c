// SPDX-License-Identifier: GPL-2.0
//! What a slot holds.
#![forbid(unsafe_code)]

use crate::account::Owner;
use core::num::NonZeroU64;

/// One reference to what the store keeps of a page, and whose account the page is in. Whoever has it
/// gives it back by `Store::release`: there is no other way to give up what it stands for.
///
/// Most words that fill pages are their own content, so that such a page costs nothing else: those
/// of two equal halves, and those that are 46 bits at one end. The others have a record.
#[must_use]
pub struct Content(NonZeroU64);

// The index is most of what a page costs besides its bytes.
const _: () = assert!(size_of::<Option<Content>>() == 8);

/// The account, in the low bits; then what kind it is, of two bits; then its value.
const OWNER_BITS: u32 = u16::BITS;
const VALUE_SHIFT: u32 = OWNER_BITS + 2;
const HALF: u64 = u32::MAX as u64;

/// A record's shard and number, plus one.
const RECORD: u64 = 0;
/// Half a word, twice.
const HALVES: u64 = 1;
/// The low bits of a word; the others are as the highest of them.
const LOW: u64 = 2;
/// The high bits; the others are 0.
const HIGH: u64 = 3;

const SHARD_BITS: u32 = 8;

/// What a [`Content`] says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// A page of this word.
    Word(u64),
    /// A record of a shard.
    Record { shard: u8, number: u32 },
}

impl Content {
    /// A page of `word`; [`None`] for the words that there is no room for.
    #[inline]
    pub(super) fn word(word: u64, owner: Owner) -> Option<Self> {
        let (halves, low, high) = (word & HALF, word << VALUE_SHIFT, word >> VALUE_SHIFT);
        if word == halves << 32 | halves {
            Self::new(HALVES, halves, owner)
        } else if (low as i64 >> VALUE_SHIFT) as u64 == word {
            Self::new(LOW, low >> VALUE_SHIFT, owner)
        } else if high << VALUE_SHIFT == word {
            Self::new(HIGH, high, owner)
        } else {
            None
        }
    }

    /// Record `number` of shard `shard`.
    pub(super) fn record(shard: u8, number: u32, owner: Owner) -> Self {
        let bits = u64::from(number) << SHARD_BITS | u64::from(shard);
        let value = bits.wrapping_add(1) << VALUE_SHIFT | u64::from(owner.0);
        // Never 0: a shard's and a record's number are far fewer bits than there are.
        Self(NonZeroU64::new(value).unwrap_or(NonZeroU64::MIN))
    }

    fn new(kind: u64, value: u64, owner: Owner) -> Option<Self> {
        NonZeroU64::new(value << VALUE_SHIFT | kind << OWNER_BITS | u64::from(owner.0)).map(Self)
    }

    /// Whose account the page is in.
    #[inline]
    pub fn owner(&self) -> Owner {
        Owner(self.0.get() as u16)
    }

    /// Whether it is a reference to that record, or stands for that word.
    pub(super) fn is(&self, other: Place) -> bool {
        self.place() == other
    }

    /// What it says.
    #[inline]
    pub fn place(&self) -> Place {
        let bits = self.0.get();
        let value = bits >> VALUE_SHIFT;
        match bits >> OWNER_BITS & 3 {
            RECORD => {
                let value = value.wrapping_sub(1);
                Place::Record {
                    shard: value as u8,
                    number: (value >> SHARD_BITS) as u32,
                }
            }
            HALVES => Place::Word(value << 32 | value),
            LOW => Place::Word(((value << VALUE_SHIFT) as i64 >> VALUE_SHIFT) as u64),
            _ => Place::Word(value << VALUE_SHIFT),
        }
    }
}
