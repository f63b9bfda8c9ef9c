// SPDX-License-Identifier: GPL-2.0
//! What a slot holds.
#![forbid(unsafe_code)]

use core::num::NonZeroU64;

/// One reference to what the store keeps of a page. Whoever has it gives it back by
/// `Store::release`: there is no other way to give up what it stands for.
///
/// Nearly any word that fills a page is its own content, so that such a page costs nothing else:
/// all but the few that begin as [`ODD`] does. Their place among the values is that of the records,
/// and of nothing at all.
#[must_use]
pub struct Content(NonZeroU64);

// The index is most of what a page costs besides its bytes.
const _: () = assert!(size_of::<Option<Content>>() == 8);

/// A word that is neither an address nor a likely number, nor text.
const ODD: u64 = 0x8a5f_d3b1_97c6_e02d;

/// Bits of a record's shard and number.
const RECORD_BITS: u32 = 40;
const SHARD_BITS: u32 = 8;

/// What a [`Content`] says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// A page of this word.
    Word(u64),
    /// A record of a shard.
    Record { shard: u8, number: u32 },
}

impl Content {
    /// A page of `word`; [`None`] for the few words that there is no room for.
    #[inline]
    pub(super) fn word(word: u64) -> Option<Self> {
        NonZeroU64::new(word ^ ODD)
            .filter(|bits| bits.get() >> RECORD_BITS != 0)
            .map(Self)
    }

    /// Record `number` of shard `shard`.
    pub(super) fn record(shard: u8, number: u32) -> Self {
        let bits = u64::from(number) << SHARD_BITS | u64::from(shard);
        Self(NonZeroU64::MIN.saturating_add(bits))
    }

    /// Whether both are references to the same record, or stand for the same word.
    pub(super) fn is(&self, other: Place) -> bool {
        self.place() == other
    }

    #[inline]
    pub(super) fn place(&self) -> Place {
        let bits = self.0.get();
        if bits >> RECORD_BITS != 0 {
            return Place::Word(bits ^ ODD);
        }
        let bits = bits.wrapping_sub(1);
        Place::Record {
            shard: bits as u8,
            number: (bits >> SHARD_BITS) as u32,
        }
    }
}
