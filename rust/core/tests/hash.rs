// SPDX-License-Identifier: GPL-2.0
//! Hashes of contents: nothing of a content, a key or a domain is without effect, and hashes are spread evenly.

#[path = "codec/pages.rs"]
mod pages;

use pages::{made, noise, of_files, of_memory, shared, Page, Random};
use std::collections::HashSet;
use tmem_core::hash::{page_hash, with_domain, Key};
use tmem_core::size::PAGE_SIZE;

fn words(seed: u64) -> [u64; Key::WORDS] {
    let mut random = Random::new(seed);
    core::array::from_fn(|_| (random.next() << 32) ^ random.next())
}

fn key() -> Key {
    Key::new(words(1))
}

fn hash(page: &Page) -> u64 {
    page_hash(&key(), &shared(page))
}

/// Checks that as many hashes as can be expected share a bucket, by their lowest and highest bits.
fn check_spread(hashes: &[u64]) {
    let bits = (hashes.len() / 8).ilog2();
    for shift in [0, u64::BITS - bits] {
        let mut buckets = vec![0_u32; 1 << bits];
        for hash in hashes {
            buckets[(hash >> shift) as usize % (1 << bits)] += 1;
        }
        let mean = hashes.len() as f64 / buckets.len() as f64;
        let squares = buckets
            .iter()
            .map(|&count| (f64::from(count) - mean).powi(2));
        let chi2 = squares.sum::<f64>() / mean / buckets.len() as f64;
        let sigma = (2.0 / buckets.len() as f64).sqrt();
        assert!(
            (chi2 - 1.0).abs() < 6.0 * sigma,
            "chi2 of {chi2} in buckets by the bits from {shift}, {sigma} being its deviation"
        );
    }
}

/// Checks the hashes of pages, each of which is given any number of times.
fn check_pages(pages: impl IntoIterator<Item = Page>) {
    let different: HashSet<Page> = pages.into_iter().collect();
    let hashes: Vec<u64> = different.iter().map(hash).collect();
    assert!(hashes.len() > 500, "too few pages");
    check_spread(&hashes);
    let found: HashSet<&u64> = hashes.iter().collect();
    assert_eq!(found.len(), hashes.len(), "pages share a hash");
}

#[test]
fn made_pages_are_spread() {
    let mut random = Random::new(2);
    check_pages((0..50_000).map(|_| made(&mut random)));
}

#[test]
fn pages_of_files_are_spread() {
    check_pages(of_files(10_000));
}

#[test]
fn pages_of_memory_are_spread() {
    check_pages(of_memory());
}

/// Nearly the same pages: a counter at one place, the rest all zeros.
#[test]
fn counters_are_spread() {
    for at in [0, 8, 1000, PAGE_SIZE - 16, PAGE_SIZE - 8] {
        check_pages((1..20_000_u64).map(|count| {
            let mut page = [0; PAGE_SIZE];
            page[at..at + 8].copy_from_slice(&count.to_le_bytes());
            page
        }));
    }
}

/// Pages of the same words in another order.
#[test]
fn the_order_of_words_matters() {
    let page = noise(&mut Random::new(3));
    check_pages((0..PAGE_SIZE / 8).flat_map(|one| {
        (0..one).step_by(7).map(move |other| {
            let mut swapped = page;
            for byte in 0..8 {
                swapped.swap(8 * one + byte, 8 * other + byte);
            }
            swapped
        })
    }));
}

#[test]
fn every_bit_changes_half_of_the_hash() {
    let mut random = Random::new(4);
    for mut page in [
        [0; PAGE_SIZE],
        [0xff; PAGE_SIZE],
        made(&mut random),
        noise(&mut random),
    ] {
        let before = hash(&page);
        let mut changed = 0;
        for bit in 0..8 * PAGE_SIZE {
            page[bit / 8] ^= 1 << (bit % 8);
            let change = (hash(&page) ^ before).count_ones();
            page[bit / 8] ^= 1 << (bit % 8);
            assert!(change > 4, "bit {bit} changes {change} bits");
            changed += change;
        }
        let mean = f64::from(changed) / (8 * PAGE_SIZE) as f64;
        assert!((31.5..32.5).contains(&mean), "a bit changes {mean} bits");
    }
}

#[test]
fn every_word_of_the_key_matters() {
    let page = shared(&[0; PAGE_SIZE]);
    let of_page = |words| page_hash(&Key::new(words), &page);
    let before = of_page(words(1));
    for word in 0..Key::WORDS {
        for bit in 0..u64::BITS {
            let mut words = words(1);
            words[word] ^= 1 << bit;
            let change = (of_page(words) ^ before).count_ones();
            assert!(change > 4, "bit {bit} of word {word} changes {change} bits");
        }
    }
}

/// What collides under one key, made by search, does not under another.
#[test]
fn collisions_are_those_of_a_key() {
    let mut random = Random::new(5);
    let (one, other) = (key(), Key::new(words(6)));
    let short = |key, page: &Page| page_hash(key, &shared(page)) % 1024;
    let colliding: Vec<Page> = (0..500_000)
        .map(|_| noise(&mut random))
        .filter(|page| short(&one, page) == 0)
        .collect();
    let again = colliding.iter().filter(|page| short(&other, page) == 0);
    assert!(colliding.len() > 300 && again.count() < 10);
}

#[test]
fn domains_are_spread() {
    let hash = hash(&[1; PAGE_SIZE]);
    let hashes: Vec<u64> = (0..50_000)
        .map(|domain| with_domain(hash, domain))
        .collect();
    check_spread(&hashes);
    let found: HashSet<&u64> = hashes.iter().collect();
    assert_eq!(found.len(), hashes.len(), "domains share a hash");
}

#[test]
fn hashes_of_one_domain_stay_spread() {
    let mut random = Random::new(7);
    let hashes: Vec<u64> = (0..50_000)
        .map(|_| with_domain(hash(&made(&mut random)), 5))
        .collect::<HashSet<u64>>()
        .into_iter()
        .collect();
    check_spread(&hashes);
}

#[test]
fn the_weak_key_makes_all_pages_collide() {
    let mut random = Random::new(5);
    let weak = |page: &Page| page_hash(&Key::WEAK, &shared(page));
    let first = weak(&made(&mut random));
    assert!((0..1000).all(|_| weak(&made(&mut random)) == first));
}
