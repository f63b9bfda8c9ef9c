// SPDX-License-Identifier: GPL-2.0
//! What holds for all pages and all blocks, with the least one that breaks it.

use crate::blocks::add;
use crate::decoding::{decoded, ours};
use crate::liblz4;
use crate::pages::{shared, Page};
use crate::reference::by_the_book;
use proptest::collection::vec;
use proptest::prelude::*;
use tmem_core::codec::lz4::{encode, equals, OUT_LEN};
use tmem_core::codec::raw::SLOTS;
use tmem_core::hash::{page_hash, Key};
use tmem_core::size::PAGE_SIZE;

/// A part of a page.
#[derive(Clone, Debug)]
enum Part {
    Bytes(Vec<u8>),
    /// What is so far back, for so long.
    Again(usize, usize),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        vec(any::<u8>(), 1..40).prop_map(Part::Bytes),
        vec(0_u8..3, 1..300).prop_map(Part::Bytes),
        (1_usize..80, 1_usize..80).prop_map(|(back, length)| Part::Again(back, length)),
        (1_usize..4096, 1_usize..600).prop_map(|(back, length)| Part::Again(back, length)),
    ]
}

/// Parts one after the other, and again from the beginning until the page is full.
fn page() -> impl Strategy<Value = Page> {
    vec(part(), 1..200).prop_map(|parts| {
        let mut bytes = vec![0];
        for part in parts.iter().cycle() {
            match part {
                Part::Bytes(more) => bytes.extend(more),
                Part::Again(back, length) => {
                    for _ in 0..*length {
                        bytes.push(bytes[bytes.len().saturating_sub(*back)]);
                    }
                }
            }
            if bytes.len() >= PAGE_SIZE {
                break;
            }
        }
        bytes[..PAGE_SIZE].try_into().unwrap()
    })
}

/// Sequences of any lengths and offsets, and as many literals as make a page of them.
fn block() -> impl Strategy<Value = Vec<u8>> {
    let sequence = (vec(any::<u8>(), 0..40), 0_u16..200, 4_usize..60);
    vec(sequence, 0..120).prop_map(|sequences| {
        let mut block = Vec::new();
        let mut length = 0;
        for (literals, offset, repeat) in sequences {
            add(&mut block, &literals, Some((offset, repeat)));
            length += literals.len() + repeat;
        }
        add(&mut block, &vec![7; PAGE_SIZE.saturating_sub(length)], None);
        block
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_page_comes_back(page in page(), cut in 0..=OUT_LEN) {
        let stream = ours(&page);
        prop_assert!(liblz4::decode(&stream) == Some(page));
        prop_assert!(decoded(&stream) == Some(page));
        prop_assert!(decoded(&liblz4::encode(&page)) == Some(page));
        let mut out = [0; OUT_LEN];
        let length = encode(&shared(&page), &mut out, &mut [0; SLOTS], cut);
        prop_assert_eq!(length, (stream.len() <= cut).then_some(stream.len()));
    }

    #[test]
    fn a_block_is_what_the_format_says(block in block(), cut in 0..100_usize) {
        for block in [&block[..], &block[..block.len().saturating_sub(cut)]] {
            let page = decoded(block);
            prop_assert!(page == by_the_book(block).ok());
            if let Some(page) = page {
                prop_assert!(equals(block, &shared(&page)));
            }
        }
    }

    #[test]
    fn a_page_equals_its_block_and_no_other(one in page(), other in page(), at in 0..PAGE_SIZE) {
        let mut near = one;
        near[at] ^= other[at] | 1;
        let key = Key::new([0x0123_4567_89ab_cdef; Key::WORDS]);
        let hash = page_hash(&key, &shared(&one));
        for page in [other, near] {
            prop_assert_eq!(equals(&ours(&one), &shared(&page)), one == page);
            prop_assert_eq!(page_hash(&key, &shared(&page)) == hash, one == page);
        }
        prop_assert!(equals(&ours(&one), &shared(&one)));
    }
}
