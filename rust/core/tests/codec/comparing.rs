// SPDX-License-Identifier: GPL-2.0
//! A block compared with a page, beside decoding it.

use crate::blocks::{add, made_block};
use crate::decoding::{decoded, ours};
use crate::liblz4;
use crate::pages::{made, noise, of_files, of_memory, shared, Page, Random};
use crate::reference::loosely;
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use tmem_core::codec::lz4::{decode, equals};
use tmem_core::size::PAGE_SIZE;

/// Checks that `block` equals what it decodes to and nothing else: not what is nearly the same, not what is left behind by
/// decoding a block that is no page, and not what others would decode it to. Gives whether it is a page.
fn check(block: &[u8], random: &mut Random) -> bool {
    // So that a read past the block's end is one past an allocation's, for a sanitizer to see.
    let block: Box<[u8]> = block.into();
    let page: Box<[AtomicU8; PAGE_SIZE]> = Box::new([const { AtomicU8::new(0xa5) }; PAGE_SIZE]);
    let expected = decode(&block, &*page).is_some();
    assert_eq!(equals(&block, &*page), expected, "{block:02x?}");
    if let Ok((page, strict)) = loosely(&block) {
        assert_eq!(equals(&block, &shared(&page)), strict, "{block:02x?}");
    }
    let byte = &page[random.below(PAGE_SIZE)];
    byte.fetch_xor(1 << random.below(8), Ordering::Relaxed);
    assert!(!equals(&block, &*page), "{block:02x?}");
    expected
}

fn check_whole(page: &Page, random: &mut Random) {
    for stream in [ours(page), liblz4::encode(page)] {
        assert!(check(&stream, random));
    }
}

#[test]
fn made_pages_equal_their_blocks() {
    let mut random = Random::new(31);
    for _ in 0..20_000 {
        check_whole(&made(&mut random), &mut random);
    }
}

#[test]
fn real_pages_equal_their_blocks() {
    let mut random = Random::new(32);
    for page in of_files(3000).iter().chain(&of_memory()) {
        check_whole(page, &mut random);
    }
}

#[test]
fn every_byte_is_compared() {
    let mut random = Random::new(33);
    for _ in 0..100 {
        let page = made(&mut random);
        let shared = shared(&page);
        for stream in [ours(&page), liblz4::encode(&page)] {
            for byte in &shared {
                let bit = 1 << random.below(8);
                byte.fetch_xor(bit, Ordering::Relaxed);
                assert!(!equals(&stream, &shared));
                byte.fetch_xor(bit, Ordering::Relaxed);
            }
            assert!(equals(&stream, &shared));
        }
    }
}

#[test]
fn made_blocks_equal_what_they_decode_to() {
    let mut random = Random::new(34);
    let pages = (0..100_000)
        .filter(|_| check(&made_block(&mut random), &mut random))
        .count();
    assert!((25_000..95_000).contains(&pages), "{pages} pages");
}

#[test]
fn a_wrong_byte_is_found() {
    let mut random = Random::new(35);
    for _ in 0..50 {
        let page = made(&mut random);
        let shared = shared(&page);
        let mut block = ours(&page);
        for at in 0..block.len() {
            let right = block[at];
            for wrong in [right.wrapping_add(1), random.next() as u8, 0, 0xff] {
                block[at] = wrong;
                // Another block may well be of the same page.
                let same = decoded(&block) == Some(page);
                assert_eq!(equals(&block, &shared), same, "{block:02x?}");
                check(&block, &mut random);
            }
            block[at] = right;
        }
    }
}

#[test]
fn an_end_too_early_or_too_late_is_found() {
    let mut random = Random::new(36);
    for _ in 0..200 {
        let page = made(&mut random);
        let shared = shared(&page);
        let mut block = ours(&page);
        for end in 0..block.len() {
            assert!(!equals(&block[..end], &shared));
        }
        for _ in 0..20 {
            block.push(random.next() as u8);
            assert!(!equals(&block, &shared));
        }
    }
}

#[test]
fn garbage_equals_no_page() {
    let mut random = Random::new(37);
    for round in 0..100_000 {
        let length = random.below(1 << (round % 13));
        let most = [256, 16, 3][round % 3];
        let block: Vec<u8> = (0..length).map(|_| random.below(most) as u8).collect();
        check(&block, &mut random);
    }
}

/// Matches of every length and nearby offset, at every place near the page's end, after long and short literals.
#[test]
fn the_rules_for_the_end_are_kept() {
    let mut random = Random::new(38);
    let noise = noise(&mut random);
    for begin in PAGE_SIZE - 60..PAGE_SIZE {
        for end in begin + 4..=PAGE_SIZE {
            for offset in (1..20).chain([31, 32, 33, 500, begin]) {
                for literals in [0, 1, 9, 14, begin - 4] {
                    let mut block = Vec::new();
                    add(&mut block, &noise[..begin - 4 - literals], Some((1, 4)));
                    add(
                        &mut block,
                        &noise[..literals],
                        Some((offset as u16, end - begin)),
                    );
                    add(&mut block, &noise[..PAGE_SIZE - end], None);
                    check(&block, &mut random);
                }
            }
        }
    }
}

/// Long matches of every small offset, after any number of literals.
#[test]
fn overlaps_are_compared() {
    let mut random = Random::new(39);
    let noise = noise(&mut random);
    for offset in 1..70 {
        for length in 4..300 {
            let mut block = Vec::new();
            add(&mut block, &noise[..offset], Some((offset as u16, length)));
            add(&mut block, &noise[offset + length..], None);
            assert!(check(&block, &mut random));
        }
    }
}

#[test]
fn a_page_written_by_another_thread_is_compared_as_well() {
    let mut random = Random::new(40);
    let page = made(&mut random);
    let stream = ours(&page);
    let shared = shared(&page);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = Random::new(41);
            while !done.load(Ordering::Relaxed) {
                let byte = &shared[random.below(PAGE_SIZE)];
                byte.store(random.next() as u8, Ordering::Relaxed);
            }
        });
        for _ in 0..20_000 {
            equals(&stream, &shared);
            equals(&made_block(&mut random), &shared);
        }
        done.store(true, Ordering::Relaxed);
    });
    for (to, from) in shared.iter().zip(page) {
        to.store(from, Ordering::Relaxed);
    }
    assert!(equals(&stream, &shared));
}
