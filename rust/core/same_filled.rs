// SPDX-License-Identifier: GPL-2.0
//! Pages that hold one 64-bit word 512 times: they are kept as that word, without arena space.
#![forbid(unsafe_code)]

use super::size::PAGE_SIZE;

/// Words in a page.
pub const WORDS: usize = PAGE_SIZE / 8;

/// Words compared between two branches: one OR of differences costs less than a branch each.
const STRIDE: usize = 8;

/// The word that fills the page, if one does. `word` reads word 0..512 of it.
///
/// The page may change meanwhile: the answer is then about no state the page was ever in, and
/// whoever changes a page that is being written asked for that.
pub fn same_filled(word: impl Fn(usize) -> u64) -> Option<u64> {
    let first = word(0);
    // Ordinary pages seldom end as they begin: most leave here.
    if word(WORDS - 1) != first {
        return None;
    }
    for start in (0..WORDS).step_by(STRIDE) {
        let mut difference = 0;
        for offset in 0..STRIDE {
            difference |= word(start + offset) ^ first;
        }
        if difference != 0 {
            return None;
        }
    }
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(page: &[u64; WORDS]) -> Option<u64> {
        same_filled(|index| page[index])
    }

    #[test]
    fn finds_any_pattern() {
        for value in [0, 1, u64::MAX, 0xdead_beef_0bad_cafe] {
            assert_eq!(check(&[value; WORDS]), Some(value));
        }
    }

    #[test]
    fn one_other_word_anywhere_is_enough() {
        for index in 0..WORDS {
            let mut page = [7; WORDS];
            page[index] = 8;
            assert_eq!(check(&page), None, "word {index}");
        }
    }
}
