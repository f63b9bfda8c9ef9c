// SPDX-License-Identifier: GPL-2.0
//! Keyed hashes of contents, by which the same content is looked for.
//!
//! Who does not know the key cannot choose contents of one hash; but of folded multiplication that
//! is not proven: bytes must decide whether contents are the same, and a bound how many are
//! compared.
#![forbid(unsafe_code)]

use super::codec::raw::{opaque, Place, Source};
use super::size::PAGE_SIZE;
use core::sync::atomic::AtomicU8;

/// Multiplications between two branches, each of two words of the page.
const LANES: usize = 8;
/// Bytes of the page that they take.
const STRIDE: usize = 16 * LANES;

/// What makes the hashes those of one store.
pub struct Key {
    start: u64,
    lanes: [u64; LANES],
}

impl Key {
    /// How many random words make one.
    pub const WORDS: usize = 1 + LANES;

    /// By which all pages have the same hash, so that what a flood of such pages costs can be seen.
    pub const WEAK: Self = Self {
        start: 0,
        lanes: [0; LANES],
    };

    /// The key of these words, which nobody should be able to guess.
    pub fn new(random: [u64; Self::WORDS]) -> Self {
        let [start, lanes @ ..] = random;
        Self { start, lanes }
    }
}

/// The hash of `page`; of no state the page was ever in, if it changes meanwhile.
///
/// One chain of multiplications. Two would take half the time, but an instruction more for every
/// product, which comes in the same two registers always.
pub fn page_hash(key: &Key, page: &[AtomicU8; PAGE_SIZE]) -> u64 {
    let (mut low, mut high) = (key.start, 0);
    let mut at = 0;
    while let Some(stride) = Place::<STRIDE>::new(at) {
        for (&pair, lane) in stride.split::<LANES, 16>().iter().zip(&key.lanes) {
            let first = page.load64::<0>(pair) ^ lane;
            // The lower half is there earlier: it does not wait for the other.
            let second = opaque((low ^ page.load64::<8>(pair)) as usize) as u64 ^ high;
            (low, high) = product(second, first);
        }
        at += STRIDE;
    }
    // Or what the last words alone tell apart would be spread by one product only.
    fold(low ^ high, key.start)
}

/// The hash of a content in `domain`: contents are not found from other domains.
pub fn with_domain(hash: u64, domain: u64) -> u64 {
    // Odd numbers without a pattern: fractions of the golden ratio and of the square root of 2.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    const MIX: u64 = 0x6a09_e667_f3bc_c909;
    fold(hash ^ domain.wrapping_mul(SPREAD), MIX)
}

/// Both halves of the product in one word.
#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let (low, high) = product(a, b);
    low ^ high
}

#[inline(always)]
fn product(a: u64, b: u64) -> (u64, u64) {
    let product = u128::from(a).wrapping_mul(u128::from(b));
    (product as u64, (product >> u64::BITS) as u64)
}
