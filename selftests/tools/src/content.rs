// SPDX-License-Identifier: GPL-2.0
//! Pages of known content: a class says how well one compresses, a seed makes it unlike all others.

use clap::ValueEnum;

pub const PAGE: usize = 4096;
const WORDS: usize = PAGE / 8;

/// How a page is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Class {
    /// Zeroes.
    Zero,
    /// One word, 512 times.
    Word,
    /// 32 bits, 1024 times, as programs fill pages that are one word.
    Pattern,
    /// Words of a small vocabulary: compresses to about a half.
    Text,
    /// Random and then constant: compresses to a little more than a half.
    Half,
    /// Does not compress.
    Random,
    /// One word of its own, and then constant: costs least to make and to keep.
    Sparse,
    /// Zero, word, text, half or random, by seed.
    Mixed,
}

const ALL: [Class; 5] = [
    Class::Zero,
    Class::Word,
    Class::Text,
    Class::Half,
    Class::Random,
];

/// What a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    class: Class,
    seed: u64,
}

impl Content {
    /// What was never written, or discarded.
    pub const EMPTY: Self = Self {
        class: Class::Zero,
        seed: 0,
    };

    pub fn new(class: Class, seed: u64) -> Self {
        let seed = mix(seed);
        let class = match class {
            Class::Mixed => ALL[(seed % ALL.len() as u64) as usize],
            other => other,
        };
        Self { class, seed }
    }

    /// Whether the page is one word, 512 times.
    pub fn is_same_filled(self) -> bool {
        matches!(self.class, Class::Zero | Class::Word | Class::Pattern)
    }

    /// Writes the page.
    pub fn make(self, page: &mut [u8]) {
        let mut rng = Rng::new(self.seed);
        match self.class {
            Class::Zero => page.fill(0),
            Class::Word => words(page, |_| self.seed),
            Class::Pattern => words(page, |_| u64::from(self.seed as u32) * 0x1_0000_0001),
            Class::Text => words(page, |_| vocabulary(rng.next())),
            Class::Half => words(page, |index| if index < WORDS / 2 { rng.next() } else { 7 }),
            Class::Random => words(page, |_| rng.next()),
            Class::Sparse => page.fill(7),
            Class::Mixed => unreachable!("`new` has chosen"),
        }
        if !self.is_same_filled() {
            page[..8].copy_from_slice(&self.seed.to_le_bytes());
        }
    }

    /// Compares every byte; on a difference says where and what.
    pub fn check(self, page: &[u8]) -> Result<(), String> {
        let mut wanted = [0; PAGE];
        self.make(&mut wanted);
        if page == wanted {
            return Ok(());
        }
        let at = (0..PAGE).find(|&at| page[at] != wanted[at]).unwrap_or(0);
        let differing = (0..PAGE).filter(|&at| page[at] != wanted[at]).count();
        Err(format!(
            "byte {at} is {:#04x}, not {:#04x} ({differing} bytes differ; {self:?})",
            page[at], wanted[at]
        ))
    }
}

fn words(page: &mut [u8], mut word: impl FnMut(usize) -> u64) {
    for (index, bytes) in page.chunks_exact_mut(8).enumerate() {
        bytes.copy_from_slice(&word(index).to_le_bytes());
    }
}

/// One of 64 words of eight letters.
fn vocabulary(number: u64) -> u64 {
    mix(number % 64) & 0x0707_0707_0707_0707 | 0x6060_6060_6060_6060
}

/// splitmix64's output function: neighbouring seeds give unlike results.
pub fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// xorshift64*: cheap, for these few guests are slow.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(mix(seed) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 16) % end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_is_seen() {
        for class in ALL {
            let content = Content::new(class, 3);
            let mut page = [0; PAGE];
            content.make(&mut page);
            assert_eq!(content.check(&page), Ok(()));
            for at in [0, 8, 2048, PAGE - 1] {
                page[at] ^= 1;
                assert!(content.check(&page).is_err(), "{class:?} {at}");
                page[at] ^= 1;
            }
        }
    }

    #[test]
    fn another_seed_is_another_page() {
        for class in [
            Class::Word,
            Class::Pattern,
            Class::Text,
            Class::Half,
            Class::Random,
            Class::Sparse,
        ] {
            let mut page = [0; PAGE];
            Content::new(class, 3).make(&mut page);
            assert!(Content::new(class, 4).check(&page).is_err(), "{class:?}");
        }
    }
}
