// SPDX-License-Identifier: GPL-2.0
//! Blocks to decode that no encoder makes.

use crate::pages::{noise, Random};
use tmem_core::size::PAGE_SIZE;

/// Adds a sequence without a check of sense.
pub fn add(block: &mut Vec<u8>, literals: &[u8], repeat: Option<(u16, usize)>) {
    let more = repeat.map_or(0, |(_, length)| length - 4);
    block.push(((literals.len().min(15) << 4) | more.min(15)) as u8);
    add_length(block, literals.len());
    block.extend(literals);
    if let Some((offset, _)) = repeat {
        block.extend(offset.to_le_bytes());
        add_length(block, more);
    }
}

fn add_length(block: &mut Vec<u8>, length: usize) {
    if length >= 15 {
        let rest = length - 15;
        block.extend(core::iter::repeat_n(255, rest / 255));
        block.push((rest % 255) as u8);
    }
}

/// A number up to `most`, more often a small one.
fn skewed(random: &mut Random, most: usize) -> usize {
    let bound = [4, 20, 40, 300, most][random.below(5)];
    random.below(bound.min(most) + 1)
}

/// A block of sequences that make about a page, mostly by the format's rules, and often up to their limits.
pub fn made_block(random: &mut Random) -> Vec<u8> {
    let noise = noise(random);
    let mut block = Vec::new();
    let mut written = 0;
    while written < PAGE_SIZE - 16 - random.below(30) {
        let literals = skewed(random, PAGE_SIZE - 12 - written).max(usize::from(written == 0));
        written += literals;
        let most = (PAGE_SIZE - 5).saturating_sub(written).max(4);
        let length = 4 + skewed(random, most - 4);
        let offset = match random.below(1000) {
            0 => 0,
            1 => written + 1 + random.below(3),
            _ => 1 + skewed(random, written - 1),
        };
        add(
            &mut block,
            &noise[..literals],
            Some((offset as u16, length)),
        );
        written += length;
    }
    let left = PAGE_SIZE.saturating_sub(written);
    let left = match random.below(20) {
        0 => left.saturating_sub(1),
        1 => (left + 1).min(PAGE_SIZE),
        _ => left,
    };
    add(&mut block, &noise[..left], None);
    block
}
