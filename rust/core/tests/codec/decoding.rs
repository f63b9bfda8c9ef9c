// SPDX-License-Identifier: GPL-2.0
//! The page decoder beside liblz4's: on streams of both encoders, and on damaged ones.

use crate::liblz4;
use crate::pages::{made, of_files, shared, Page, Random};
use core::sync::atomic::{AtomicU8, Ordering};
use tmem_core::codec::lz4::{decode, encode, OUT_LEN};
use tmem_core::codec::raw::SLOTS;
use tmem_core::size::PAGE_SIZE;

/// What our decoder makes of `stream`, in an allocation that ends where the page ends.
fn decoded(stream: &[u8]) -> Option<Page> {
    // So that a read past the stream's end is one past an allocation's, for a sanitizer to see.
    let stream: Box<[u8]> = stream.into();
    let page: Box<[AtomicU8; PAGE_SIZE]> = Box::new([const { AtomicU8::new(0xa5) }; PAGE_SIZE]);
    decode(&stream, &*page)?;
    Some(core::array::from_fn(|at| page[at].load(Ordering::Relaxed)))
}

fn ours(page: &Page) -> Vec<u8> {
    let mut out = [0; OUT_LEN];
    let length = encode(&shared(page), &mut out, &mut [0; SLOTS], OUT_LEN);
    out[..length.expect("a stream fits its buffer")].to_vec()
}

/// Damaged streams may be refused by us alone where they have an offset of 0; else both must agree.
fn check_damaged(stream: &[u8]) {
    let (ours, theirs) = (decoded(stream), liblz4::decode(stream));
    if let Some(page) = ours {
        assert!(theirs == Some(page), "liblz4 has it otherwise: {stream:?}");
    }
}

fn check_whole(page: &Page) {
    for stream in [ours(page), liblz4::encode(page)] {
        assert!(
            decoded(&stream).as_ref() == Some(page),
            "another page came back"
        );
    }
}

#[test]
fn made_pages_come_back() {
    let mut random = Random::new(11);
    for _ in 0..100_000 {
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
fn a_changed_byte_is_an_error_or_what_liblz4_makes_of_it() {
    let mut random = Random::new(12);
    for _ in 0..60 {
        let mut stream = ours(&made(&mut random));
        for at in 0..stream.len() {
            let right = stream[at];
            for wrong in [0, 0xff, right ^ 1, right ^ 0x10, random.next() as u8] {
                stream[at] = wrong;
                check_damaged(&stream);
            }
            stream[at] = right;
        }
    }
}

#[test]
fn what_is_cut_short_or_goes_on_is_refused() {
    let mut random = Random::new(13);
    for _ in 0..200 {
        let stream = ours(&made(&mut random));
        let length = random.below(stream.len());
        assert_eq!(decoded(&stream[..length]), None);
        assert_eq!(decoded(&[&stream[..], &stream[..]].concat()), None);
    }
    assert_eq!(decoded(&[]), None);
}

#[test]
fn garbage_does_no_harm() {
    let mut random = Random::new(14);
    for _ in 0..300_000 {
        // Few values: long runs of lengths, and offsets near and far.
        let most = 1 << (1 + random.below(8));
        let garbage: Vec<u8> = (0..random.below(300))
            .map(|_| (random.below(most) * 255 / (most - 1)) as u8)
            .collect();
        check_damaged(&garbage);
    }
}

#[test]
fn agrees_with_liblz4_on_all_that_it_takes() {
    let mut random = Random::new(15);
    let mut agreed = 0;
    for _ in 0..2_000 {
        let mut stream = ours(&made(&mut random));
        let at = random.below(stream.len());
        stream[at] ^= 1 << random.below(8);
        let theirs = liblz4::decode(&stream);
        agreed += u32::from(theirs.is_some() && decoded(&stream) == theirs);
        check_damaged(&stream);
    }
    assert!(agreed > 200, "only {agreed} damaged streams decode at all");
}
