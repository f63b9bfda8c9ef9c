// SPDX-License-Identifier: GPL-2.0
//! The page decoder beside liblz4's and the book: on streams of both encoders, damaged ones, and any bytes at all.

use crate::blocks::{add, made_block};
use crate::liblz4;
use crate::pages::{made, noise, of_files, shared, Page, Random};
use crate::reference::{by_the_book, Flaw};
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use tmem_core::codec::lz4::{decode, encode, OUT_LEN};
use tmem_core::codec::raw::SLOTS;
use tmem_core::size::PAGE_SIZE;

/// What our decoder makes of `stream`, in an allocation that ends where the page ends.
pub fn decoded(stream: &[u8]) -> Option<Page> {
    // So that a read past the stream's end is one past an allocation's, for a sanitizer to see.
    let stream: Box<[u8]> = stream.into();
    let page: Box<[AtomicU8; PAGE_SIZE]> = Box::new([const { AtomicU8::new(0xa5) }; PAGE_SIZE]);
    decode(&stream, &*page)?;
    Some(core::array::from_fn(|at| page[at].load(Ordering::Relaxed)))
}

/// Our stream of `page`.
pub fn ours(page: &Page) -> Vec<u8> {
    let mut out = [0; OUT_LEN];
    let length = encode(&shared(page), &mut out, &mut [0; SLOTS], OUT_LEN);
    out[..length.expect("a stream fits its buffer")].to_vec()
}

fn check_whole(page: &Page) {
    for stream in [ours(page), liblz4::encode(page)] {
        assert!(
            decoded(&stream).as_ref() == Some(page),
            "another page came back"
        );
    }
}

/// Checks that all decoders say the same of `block`, but that liblz4 is not so strict; gives whether it is a page.
fn check(block: &[u8]) -> bool {
    let expected = by_the_book(block);
    let ours = decoded(block);
    assert!(ours.as_ref() == expected.as_ref().ok(), "{block:02x?}");
    if expected != Err(Flaw::Tolerated) {
        assert!(liblz4::decode(block) == ours, "liblz4, of {block:02x?}");
    }
    ours.is_some()
}

/// A stream of a page of a random structure.
fn stream(random: &mut Random) -> Vec<u8> {
    let page = made(random);
    match random.below(2) {
        0 => ours(&page),
        _ => liblz4::encode(&page),
    }
}

#[test]
fn made_pages_come_back() {
    let mut random = Random::new(11);
    for _ in 0..20_000 {
        check_whole(&made(&mut random));
    }
}

#[test]
fn pages_of_files_come_back() {
    of_files(5_000).iter().for_each(check_whole);
}

#[test]
fn pages_of_any_period_come_back() {
    for period in 1..700 {
        let mut random = Random::new(period as u64);
        let pattern: Vec<u8> = (0..period).map(|_| random.next() as u8).collect();
        check_whole(&core::array::from_fn(|at| pattern[at % period]));
    }
}

#[test]
fn made_blocks_give_what_the_format_says() {
    let mut random = Random::new(21);
    let pages = (0..200_000)
        .filter(|_| check(&made_block(&mut random)))
        .count();
    assert!((50_000..190_000).contains(&pages), "{pages} pages");
}

/// Each byte, replaced by others: the next, a random one, and those that mean most in a token or length.
#[test]
fn a_wrong_byte_gives_what_the_format_says() {
    let mut random = Random::new(22);
    for _ in 0..80 {
        let mut block = stream(&mut random);
        for at in 0..block.len() {
            let right = block[at];
            let special = [0, 0xff, right ^ 0x0f, right ^ 0xf0][at % 4];
            for wrong in [right.wrapping_add(1), random.next() as u8, special] {
                block[at] = wrong;
                check(&block);
            }
            block[at] = right;
        }
    }
}

#[test]
fn an_end_too_early_or_too_late_is_found() {
    let mut random = Random::new(23);
    for _ in 0..200 {
        let mut block = stream(&mut random);
        for end in 0..block.len() {
            assert!(!check(&block[..end]));
        }
        for _ in 0..20 {
            block.push(random.next() as u8);
            assert!(!check(&block));
        }
    }
}

#[test]
fn garbage_gives_what_the_format_says() {
    let mut random = Random::new(24);
    for round in 0..300_000 {
        let length = random.below(1 << (round % 13));
        // Fewer different bytes make more sequences that are none of the format's business.
        let most = [256, 16, 3][round % 3];
        let block: Vec<u8> = (0..length).map(|_| random.below(most) as u8).collect();
        check(&block);
    }
}

#[test]
fn lengths_beyond_a_page_are_refused() {
    for token in [0xf0, 0x0f, 0x1f, 0xff] {
        for count in [0, 1, 15, 16, 17, 18, 1000, 20_000_000] {
            let mut block = vec![token];
            block.resize(1 + count, 255);
            assert_eq!(decoded(&block), None);
        }
    }
}

/// Matches of every length and nearby offset, at every place near the page's end.
#[test]
fn the_rules_for_the_end_are_kept() {
    let noise = noise(&mut Random::new(25));
    for begin in PAGE_SIZE - 60..PAGE_SIZE {
        for end in begin + 4..=PAGE_SIZE {
            for offset in (1..20).chain([31, 32, 33, 500, begin]) {
                let mut block = Vec::new();
                add(
                    &mut block,
                    &noise[..begin],
                    Some((offset as u16, end - begin)),
                );
                add(&mut block, &noise[..PAGE_SIZE - end], None);
                let expected = begin <= PAGE_SIZE - 12 && end <= PAGE_SIZE - 5;
                assert_eq!(
                    check(&block),
                    expected,
                    "{begin} to {end} from {offset} back"
                );
            }
        }
    }
}

/// The same where the last sequences are short.
#[test]
fn the_rules_for_the_end_are_kept_by_short_sequences() {
    let noise = noise(&mut Random::new(29));
    for begin in PAGE_SIZE - 60..PAGE_SIZE - 12 {
        for literals in 0..15 {
            for length in 4..19.min((PAGE_SIZE + 1).saturating_sub(begin + literals)) {
                let end = begin + literals + length;
                let mut block = Vec::new();
                add(&mut block, &noise[..begin - 4], Some((9, 4)));
                add(&mut block, &noise[..literals], Some((100, length)));
                add(&mut block, &noise[..PAGE_SIZE - end], None);
                let expected = begin + literals <= PAGE_SIZE - 12 && end <= PAGE_SIZE - 5;
                assert_eq!(
                    check(&block),
                    expected,
                    "{literals} and {length} from {begin}"
                );
            }
        }
    }
}

/// Long matches of every offset that is copied as a pattern or nearly so, after any number of literals.
#[test]
fn patterns_repeat() {
    let noise = noise(&mut Random::new(26));
    for offset in 1..70 {
        for length in 4..300 {
            let mut block = Vec::new();
            add(&mut block, &noise[..offset], Some((offset as u16, length)));
            add(&mut block, &noise[offset + length..], None);
            assert!(check(&block));
        }
    }
}

#[test]
fn a_page_written_by_another_thread_is_decoded_as_well() {
    let mut random = Random::new(27);
    let page: [AtomicU8; PAGE_SIZE] = shared(&[0; PAGE_SIZE]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = Random::new(28);
            while !done.load(Ordering::Relaxed) {
                page[random.below(PAGE_SIZE)].store(random.next() as u8, Ordering::Relaxed);
            }
        });
        // No assertion before the other thread knows that it is done.
        let agree = (0..20_000).all(|_| {
            let block = made_block(&mut random);
            decode(&block, &page).is_some() == by_the_book(&block).is_ok()
        });
        done.store(true, Ordering::Relaxed);
        assert!(agree);
    });
}
