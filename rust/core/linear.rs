// SPDX-License-Identifier: GPL-2.0
//! Linear hashing: a hash table that grows and shrinks by one bucket at a time, so that no insertion
//! ever pays for moving the others.
//!
//! W. Litwin, "Linear hashing: a new tool for file and table addressing", VLDB 1980.
#![forbid(unsafe_code)]

/// The bits of hashes that tell `buckets` apart, which are at least one.
#[inline]
pub fn mask(buckets: u32) -> u32 {
    u32::MAX >> (buckets | 1).leading_zeros()
}

/// The bucket of `hash` among `buckets`, whose [`mask`] this is.
#[inline]
pub fn bucket(hash: u32, buckets: u32, mask: u32) -> u32 {
    let wide = hash & mask;
    if wide < buckets {
        wide
    } else {
        hash & (mask >> 1)
    }
}

/// The bucket whose entries bucket `last` shares: those that go to it when it is added as the last,
/// and come back when it goes.
pub fn buddy(last: u32) -> u32 {
    last & (mask(last) >> 1)
}

#[cfg(test)]
mod tests {
    use super::{buddy, mask};

    fn bucket(hash: u32, buckets: u32) -> u32 {
        super::bucket(hash, buckets, mask(buckets))
    }

    fn hashes() -> impl Iterator<Item = u32> {
        (0..2000u32).map(|n| n.wrapping_mul(0x9e37_79b9) ^ (n << 16))
    }

    #[test]
    fn powers_of_two_use_the_low_bits() {
        for hash in hashes() {
            assert_eq!(bucket(hash, 1), 0);
            assert_eq!(bucket(hash, 1024), hash % 1024);
        }
    }

    #[test]
    fn every_bucket_is_one_of_them() {
        for buckets in 1..200 {
            assert!(hashes().all(|hash| bucket(hash, buckets) < buckets));
        }
    }

    #[test]
    fn one_more_bucket_moves_only_its_buddys_entries() {
        for buckets in 1..200 {
            for hash in hashes() {
                let (before, after) = (bucket(hash, buckets), bucket(hash, buckets + 1));
                if before != after {
                    assert_eq!(after, buckets);
                    assert_eq!(before, buddy(buckets));
                }
            }
        }
    }

    #[test]
    fn buddies() {
        assert_eq!(buddy(1), 0);
        assert_eq!(buddy(2), 0);
        assert_eq!(buddy(3), 1);
        assert_eq!(buddy(1024), 0);
        assert_eq!(buddy(1500), 476);
    }
}
