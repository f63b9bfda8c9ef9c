// SPDX-License-Identifier: GPL-2.0
//! What a page seems to hold, by a sample of its words.
#![forbid(unsafe_code)]

use super::super::raw::{Pos, Source};
use core::ops::Range;

const SAMPLES: usize = 8;
/// An odd number of words, so that it does not fall into step with an array of objects.
const STRIDE: usize = 63 * 8;

const ONES: u64 = u64::MAX / 255;
const HIGHEST: u64 = ONES << 7;

/// What changes how a page is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    /// Most words hold a zero byte: small numbers and pointers.
    Numbers,
    /// Any byte is as likely as another: compressed or encrypted data, media.
    Noise,
    /// Text, code, objects.
    Other,
}

/// Looks at some words of the page.
#[inline(always)]
pub(super) fn sample<S: Source>(page: &S) -> Sample {
    // Words with a zero byte: of noise, one in 32 is.
    const MANY: u32 = 6;
    const FEW: u32 = 1;
    // Bytes with the highest bit set: of noise, every second one. ASCII has none, other letters in
    // UTF-8 have nothing else.
    const BYTES: u32 = 8 * SAMPLES as u32;
    const HALF: Range<u32> = 5 * BYTES / 16..11 * BYTES / 16;

    // The bytes of the second are counts.
    let (mut with_zero, mut highest) = (0, 0);
    for sample in 0..SAMPLES {
        if let Some(at) = Pos::new(sample * STRIDE) {
            let word = page.load64::<0>(at);
            with_zero += u32::from(word.wrapping_sub(ONES) & !word & HIGHEST != 0);
            highest += (word >> 7) & ONES;
        }
    }
    let highest = (highest.wrapping_mul(ONES) >> 56) as u32;
    if with_zero >= MANY {
        Sample::Numbers
    } else if with_zero <= FEW && HALF.contains(&highest) {
        Sample::Noise
    } else {
        Sample::Other
    }
}

/// Whether a page of noise repeats itself, as far as probes see that are farther and farther apart:
/// all that it takes in most such pages, for a fraction of a search.
#[inline(never)]
pub(super) fn repeats<S: Source>(page: &S) -> bool {
    const ROUND: usize = 4;
    // What was seen, by 9 bits of a hash: 16 others of it. If these are 0, the word counts as seen.
    let mut seen = [0; 1 << 9];
    let mut first = 0;
    while let Some(round) = Pos::row::<ROUND>(first) {
        for at in round {
            let hash = page.load32(at).wrapping_mul(2_654_435_761);
            let slot = &mut seen[(hash >> 23) as usize];
            let others = (hash >> 7) as u16;
            if *slot == others {
                return true;
            }
            *slot = others;
        }
        first += ROUND + (first >> 3);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::PAGE_SIZE;
    use core::sync::atomic::AtomicU8;

    fn page(mut byte: impl FnMut(usize) -> u8) -> [AtomicU8; PAGE_SIZE] {
        core::array::from_fn(|at| AtomicU8::new(byte(at)))
    }

    fn noise(mut seed: u64) -> impl FnMut(usize) -> u8 {
        move |_| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 56) as u8
        }
    }

    #[test]
    fn noise_is_seen() {
        let pages = (0..1000).map(|seed| page(noise(seed)));
        let seen = pages.filter(|page| sample(page) == Sample::Noise && !repeats(page));
        let seen = seen.count();
        assert!(seen > 960, "{seen}");
    }

    #[test]
    fn what_is_no_noise() {
        let mut letter = noise(1);
        let ascii = page(|at| b'a' + letter(at) % 26);
        assert_eq!(sample(&ascii), Sample::Other);
        let cyrillic: Vec<_> = "съешь ещё этих мягких французских булок".bytes().collect();
        assert_eq!(
            sample(&page(|at| cyrillic[at % cyrillic.len()])),
            Sample::Other
        );
        let mut low = noise(2);
        assert_eq!(
            sample(&page(|at| if at % 8 < 5 { low(at) } else { 0 })),
            Sample::Numbers
        );
        let mut half = noise(3);
        let half = page(|at| if at < PAGE_SIZE / 2 { half(at) } else { 7 });
        assert!(sample(&half) != Sample::Noise || repeats(&half));
    }

    #[test]
    fn noise_that_repeats_itself() {
        let mut seen = 0;
        for seed in 0..100 {
            let mut random = noise(seed);
            let part: Vec<_> = (0..256).map(&mut random).collect();
            seen += u32::from(repeats(&page(|at| part[at % part.len()])));
        }
        assert!(seen == 100, "{seen}");
    }
}
