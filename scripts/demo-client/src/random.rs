// SPDX-License-Identifier: GPL-2.0
//! A random order that follows from a seed alone.

/// SplitMix64: enough for shuffling, and the same everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`; its bias is far below what a shuffle of this size could show.
    fn below(&mut self, bound: usize) -> usize {
        let product = u128::from(self.next()) * bound as u128;
        (product >> 64) as usize
    }
}

/// The numbers below `count`, shuffled.
pub fn order(count: usize, seed: u64) -> Vec<usize> {
    let mut random = SplitMix(seed);
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, random.below(last + 1));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_once_and_the_same_for_a_seed() {
        let mut sorted = order(1000, 7);
        assert_eq!(sorted, order(1000, 7));
        assert_ne!(sorted, order(1000, 8));
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..1000));
    }
}
