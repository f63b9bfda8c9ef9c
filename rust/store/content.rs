// SPDX-License-Identifier: GPL-2.0
//! What a slot holds.
#![forbid(unsafe_code)]

use core::num::NonZeroU64;

/// One reference to what the store keeps of a page. Whoever has it gives it back by
/// `Store::release`: there is no other way to give up what it stands for.
#[must_use]
pub struct Content(NonZeroU64);

// The index is most of what a page costs besides its bytes.
const _: () = assert!(size_of::<Option<Content>>() == 8);

const PATTERN: u64 = 1;
const RECORD: u64 = 3;
const KIND: u64 = 3;
const SHARD_SHIFT: u32 = 8;
const HIGH_SHIFT: u32 = 32;

/// What a [`Content`] says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A page of 32 bits over and over.
    Pattern(u32),
    /// A record of a shard.
    Record { shard: u8, number: u32 },
}

impl Content {
    pub(super) fn new(place: Place) -> Self {
        let bits = match place {
            Place::Pattern(word) => u64::from(word) << HIGH_SHIFT | PATTERN,
            Place::Record { shard, number } => {
                u64::from(number) << HIGH_SHIFT | u64::from(shard) << SHARD_SHIFT | RECORD
            }
        };
        // Both kinds are odd.
        Self(NonZeroU64::MIN | bits)
    }

    #[inline]
    pub(super) fn place(&self) -> Place {
        let bits = self.0.get();
        let high = (bits >> HIGH_SHIFT) as u32;
        if bits & KIND == PATTERN {
            Place::Pattern(high)
        } else {
            Place::Record {
                shard: (bits >> SHARD_SHIFT) as u8,
                number: high,
            }
        }
    }

    /// Whether both stand for the same record, or pattern.
    pub fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
