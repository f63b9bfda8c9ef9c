// SPDX-License-Identifier: GPL-2.0
//! Statistics as they are shown: what the counters add up to.
#![forbid(unsafe_code)]

use super::size::PAGE_BYTES;

/// Defines [`Totals`] and the table of its names, in the order of the ABI.
macro_rules! totals {
    ($($(#[$doc:meta])* $field:ident),* $(,)?) => {
        /// One pool's figures, or the sum over several. All values are at rest exact; under load
        /// each is one that was true at some moment of the reading.
        #[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
        pub struct Totals { $($(#[$doc])* pub $field: u64),* }

        impl Totals {
            /// Adds `other`, field by field.
            pub fn add(&mut self, other: &Self) {
                $(self.$field = self.$field.wrapping_add(other.$field);)*
            }
        }
    };
}

totals! {
    /// Pages held, of any kind.
    pages,
    /// Pages kept as one word.
    same_filled_pages,
    /// Pages kept as they came, because they did not compress.
    raw_pages,
    /// Pages ever kept as they came.
    raw_pages_since,
    /// Bytes of the objects in the arena.
    stored_bytes,
    /// Bytes of the pages that the arena holds.
    arena_bytes,
    /// Bytes of everything else: tables, handles, per-CPU buffers.
    metadata_bytes,
    /// Puts, refused ones included.
    puts,
    /// Puts refused.
    puts_refused,
    /// Puts refused before any work, because of a recent refusal.
    puts_refused_early,
    /// CPU time in nanoseconds that went into puts that were then refused.
    refused_ns,
    /// Gets, those of empty slots included.
    gets,
    /// Gets of empty slots.
    gets_missed,
    /// Pages dropped by discard, write-zeroes or a freed swap slot.
    flushes,
    /// Pages that left to make room.
    evictions,
    /// Pages that were written to a disk below to make room.
    written_back,
    /// Pages that cost nothing, as an equal one is kept.
    dedup_pages,
    /// Of these, pages that are to be kept by themselves, as may no longer be shared.
    dedup_pending_pages,
    /// Bytes of objects that several cgroups share.
    shared_bytes,
    /// Contents that were encoded again, by another codec.
    recompressed,
    /// Accounts whose pages are encoded densely with a dictionary of their own.
    dictionaries,
    /// Gets whose stored bytes no longer had their checksum.
    corrupt_pages,
}

impl Totals {
    /// Bytes of the pages held, as their owners see them.
    pub fn logical_bytes(&self) -> u64 {
        self.pages.saturating_mul(PAGE_BYTES)
    }

    /// Bytes that the arena holds beyond its objects.
    pub fn slack_bytes(&self) -> u64 {
        self.arena_bytes.saturating_sub(self.stored_bytes)
    }

    /// Microseconds of CPU time that went into puts that were then refused.
    pub fn refused_usec(&self) -> u64 {
        self.refused_ns / 1000
    }
}

/// The part of `whole` that `part` of `all` has; none of nothing. Exact while `whole * part` fits 64
/// bits: kernels do not divide more than that.
pub fn share(whole: u64, part: u64, all: u64) -> u64 {
    if part >= all {
        return if all == 0 { 0 } else { whole };
    }
    let bits = 128 - whole.leading_zeros() - part.leading_zeros();
    let shift = bits.saturating_sub(64);
    whole.saturating_mul(part >> shift) / (all >> shift).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_and_derives() {
        let mut sum = Totals {
            pages: 2,
            stored_bytes: 100,
            arena_bytes: 4096,
            ..Totals::default()
        };
        sum.add(&Totals {
            pages: 1,
            stored_bytes: 50,
            refused_ns: 2500,
            ..Totals::default()
        });
        assert_eq!(sum.logical_bytes(), 3 * 4096);
        assert_eq!(sum.slack_bytes(), 4096 - 150);
        assert_eq!(sum.refused_usec(), 2);
    }

    #[test]
    fn shares() {
        assert_eq!(share(100, 1, 4), 25);
        assert_eq!(share(100, 4, 4), 100);
        assert_eq!(share(100, 5, 4), 100);
        assert_eq!(share(100, 0, 0), 0);
        assert_eq!(share(u64::MAX, u64::MAX, u64::MAX), u64::MAX);
        assert_eq!(share(1 << 40, 1 << 40, 1 << 41), 1 << 39);
    }

    #[test]
    fn slack_is_never_negative() {
        assert_eq!(
            Totals {
                stored_bytes: 1,
                ..Totals::default()
            }
            .slack_bytes(),
            0
        );
    }
}
