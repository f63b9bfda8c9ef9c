// SPDX-License-Identifier: GPL-2.0
//! Pages that are kept as they are.
#![forbid(unsafe_code)]

use super::super::size::PAGE_SIZE;
use super::raw::{Place, Sink, Window};
use core::sync::atomic::AtomicU8;

/// Words compared before the next look at where the page ends.
const WORDS: usize = 8;
/// The same in bytes.
const STRIDE: usize = 8 * WORDS;

/// Whether `page` holds exactly `bytes`.
///
/// If the page changes meanwhile, the answer is about no state it was ever in.
pub fn raw_equals(bytes: &[u8; PAGE_SIZE], page: &[AtomicU8; PAGE_SIZE]) -> bool {
    let mut at = 0;
    while let (Some(from), Some(to)) = (Window::<STRIDE>::new(bytes, at), Place::<STRIDE>::new(at))
    {
        let (from, to) = (from.split::<WORDS, 8>(), to.split::<WORDS, 8>());
        for (from, to) in from.iter().zip(&to) {
            if from.get::<8>() != page.get(*to) {
                return false;
            }
        }
        at += STRIDE;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_compared() {
        let mut bytes: [u8; PAGE_SIZE] = core::array::from_fn(|at| (at * at / 7) as u8);
        let page = bytes.map(AtomicU8::new);
        assert!(raw_equals(&bytes, &page));
        for at in 0..PAGE_SIZE {
            bytes[at] ^= 1 << (at % 8);
            assert!(!raw_equals(&bytes, &page), "byte {at}");
            bytes[at] ^= 1 << (at % 8);
        }
    }
}
