// SPDX-License-Identifier: GPL-2.0
//! What is encoded is decoded to the same, in no more room than promised.

use crate::decoding::decoded;
use crate::liblz4::{decode, encode as encode_by_liblz4};
use crate::pages::{made, noise, of_files, of_memory, shared, Page, Random};
use tmem_core::codec::lz4::{encode, OUT_LEN};
use tmem_core::codec::raw::SLOTS;
use tmem_core::size::PAGE_SIZE;

/// The longest stream: literals only, with a token and their length's bytes.
const LONGEST: usize = PAGE_SIZE + 2 + (PAGE_SIZE - 15) / 255;

/// An encoder with buffers that hold what earlier pages left.
struct Encoder {
    out: [u8; OUT_LEN],
    table: [u16; SLOTS],
    /// Pages that were taken for noise, and are none.
    mistaken: usize,
}

/// From here on no page is taken for noise.
const NOISE_CUT: usize = PAGE_SIZE / 16 * 15;

impl Encoder {
    fn new() -> Self {
        Self {
            out: [0; OUT_LEN],
            table: [0xffff; SLOTS],
            mistaken: 0,
        }
    }

    fn encode(&mut self, page: &Page, cut: usize) -> Option<&[u8]> {
        let length = encode(&shared(page), &mut self.out, &mut self.table, cut)?;
        Some(&self.out[..length])
    }

    /// Checks all that must hold for any page, with `cut` as one of the limits; gives the length.
    fn check(&mut self, page: &Page, cut: usize) -> usize {
        let stream = self
            .encode(page, OUT_LEN)
            .expect("a stream fits its buffer")
            .to_vec();
        assert!(stream.len() <= LONGEST);
        assert!(
            decode(&stream).as_ref() == Some(page),
            "another page came back"
        );
        for cut in [cut, stream.len() - 1, stream.len()] {
            let expected = (stream.len() <= cut).then_some(&stream[..]);
            let found = self.encode(page, cut);
            if cut < NOISE_CUT && found.is_none() && expected.is_some() {
                self.mistaken += 1;
            } else {
                assert_eq!(found, expected, "at a cut of {cut}");
            }
        }
        stream.len()
    }
}

#[test]
fn made_pages_come_back() {
    let mut random = Random::new(1);
    let mut encoder = Encoder::new();
    for _ in 0..100_000 {
        let page = made(&mut random);
        encoder.check(&page, random.below(PAGE_SIZE));
    }
    // Many are noise with repeats: harder to see than any that programs make.
    assert!(encoder.mistaken < 10_000, "{}", encoder.mistaken);
}

/// Encodes and decodes made pages, each way by the reference library once.
fn check_both_ways(seed: u64, count: usize) {
    let mut random = Random::new(seed);
    let mut encoder = Encoder::new();
    for _ in 0..count {
        let page = made(&mut random);
        let stream = encoder.encode(&page, OUT_LEN);
        assert!(decode(stream.expect("a stream fits its buffer")) == Some(page));
        assert!(decoded(&encode_by_liblz4(&page)) == Some(page));
    }
}

#[test]
fn a_million_pages_come_back_from_the_reference_decoder_and_encoder() {
    const THREADS: usize = 8;
    std::thread::scope(|scope| {
        for seed in 0..THREADS as u64 {
            scope.spawn(move || check_both_ways(100 + 2 * seed, 1_000_000 / THREADS));
        }
    });
}

#[test]
fn pages_of_files_come_back_smaller() {
    let pages = of_files(10_000);
    let mut encoder = Encoder::new();
    let total: usize = pages.iter().map(|page| encoder.check(page, 3072)).sum();
    assert!(
        pages.len() > 1000,
        "too few pages in this machine's programs"
    );
    assert!(total < pages.len() * PAGE_SIZE * 3 / 4);
    assert!(
        encoder.mistaken <= pages.len() / 500,
        "{}",
        encoder.mistaken
    );
}

#[test]
fn pages_of_memory_come_back() {
    let mut encoder = Encoder::new();
    let pages = of_memory();
    for page in &pages {
        encoder.check(page, 3072);
    }
    assert!(
        encoder.mistaken <= pages.len() / 500,
        "{}",
        encoder.mistaken
    );
}

#[test]
fn same_filled_pages_are_tiny() {
    let mut encoder = Encoder::new();
    for byte in [0, 1, 0x7f, 0xff] {
        assert!(encoder.check(&[byte; PAGE_SIZE], 100) < 32);
    }
}

#[test]
fn noise_is_given_up() {
    let mut random = Random::new(3);
    let mut encoder = Encoder::new();
    for _ in 0..1000 {
        assert_eq!(encoder.encode(&noise(&mut random), PAGE_SIZE - 1), None);
    }
}

#[test]
fn nothing_outlives_a_page() {
    let mut random = Random::new(4);
    let mut used = Encoder::new();
    for _ in 0..10_000 {
        let page = made(&mut random);
        assert_eq!(
            used.encode(&page, PAGE_SIZE),
            Encoder::new().encode(&page, PAGE_SIZE)
        );
    }
}

/// A repeat of each length at each place near the page's end, where the format's rules are.
#[test]
fn repeats_near_the_end_come_back() {
    let mut random = Random::new(5);
    let mut encoder = Encoder::new();
    for begin in PAGE_SIZE - 64..PAGE_SIZE {
        for end in begin + 1..=PAGE_SIZE {
            let mut page = noise(&mut random);
            page.copy_within(100..100 + end - begin, begin);
            encoder.check(&page, PAGE_SIZE);
        }
    }
}

/// Every number of literals before a match, of which the length bytes change at 15, 270, ...
#[test]
fn all_numbers_of_literals_come_back() {
    let mut random = Random::new(6);
    let mut encoder = Encoder::new();
    for literals in 4..PAGE_SIZE - 40 {
        let mut page = noise(&mut random);
        page.copy_within(0..40, literals);
        encoder.check(&page, PAGE_SIZE);
    }
}
