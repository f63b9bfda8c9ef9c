// SPDX-License-Identifier: GPL-2.0
//! Replacement policies on the worked strings of textbooks, on small examples of what each paper's is for, and on any string.

use proptest::prelude::*;
use std::collections::HashMap;
use tmem_core::policy::cache::{Adaptive, Cache, Counted, Key, Opt, Reference, NEVER, ONLINE};

/// Silberschatz, Galvin, Gagne: three frames.
const PAGES: [Key; 20] = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1];
/// Stallings: three frames.
const STALLINGS: [Key; 12] = [2, 3, 2, 1, 5, 2, 4, 5, 3, 2, 5, 2];
/// Belady, Nelson, Shedler: three frames and four.
const ANOMALY: [Key; 12] = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5];

fn cache(name: &str, frames: usize) -> Box<dyn Cache> {
    let (_, make) = ONLINE.iter().find(|(known, _)| *known == name).unwrap();
    make(frames)
}

/// Reads only, with what comes next of each.
fn references(string: &[Key]) -> Vec<Reference> {
    let mut next = HashMap::new();
    let backwards = string.iter().enumerate().rev();
    let mut references: Vec<_> = backwards
        .map(|(at, &key)| Reference {
            key,
            place: key,
            dirty: false,
            next: next.insert(key, at as u64).unwrap_or(NEVER),
        })
        .collect();
    references.reverse();
    references
}

fn faults(cache: &mut dyn Cache, string: &[Key]) -> usize {
    let missed = |page: &Reference| {
        let missed = !cache.get(*page);
        if missed {
            cache.put(*page);
        }
        missed
    };
    references(string).iter().copied().filter(missed).count()
}

fn faults_of(name: &str, frames: usize, string: &[Key]) -> usize {
    faults(&mut *cache(name, frames), string)
}

fn page(key: Key) -> Reference {
    Reference {
        key,
        place: key,
        dirty: false,
        next: NEVER,
    }
}

/// Which of the first keys are there.
fn there(cache: &dyn Cache, keys: Key) -> Vec<Key> {
    (0..keys).filter(|key| cache.holds(*key)).collect()
}

#[test]
fn the_textbook_string() {
    for (name, wanted) in [
        ("FIFO", 15),
        ("LRU", 12),
        ("second chance", 14),
        ("CLOCK", 14),
        ("LFU", 13),
    ] {
        assert_eq!(faults_of(name, 3, &PAGES), wanted, "{name}");
    }
    assert_eq!(faults(&mut Opt::new(3), &PAGES), 9);
    assert_eq!(faults(&mut Opt::with_bypass(3), &PAGES), 8);
}

#[test]
fn stallings_string() {
    for (name, wanted) in [("FIFO", 9), ("LRU", 7), ("CLOCK", 8), ("second chance", 8)] {
        assert_eq!(faults_of(name, 3, &STALLINGS), wanted, "{name}");
    }
    assert_eq!(faults(&mut Opt::new(3), &STALLINGS), 6);
}

#[test]
fn more_frames_make_more_faults_by_fifo_and_not_by_lru_or_opt() {
    let with = |name| [3, 4].map(|frames| faults_of(name, frames, &ANOMALY));
    assert_eq!(with("FIFO"), [9, 10]);
    assert_eq!(with("LRU"), [10, 8]);
    let opt = [3, 4].map(|frames| faults(&mut Opt::new(frames), &ANOMALY));
    assert_eq!(opt, [7, 6]);
}

#[test]
fn pages_that_need_not_be_written_leave_first() {
    let mut cache = cache("enhanced", 3);
    let dirty = Reference {
        dirty: true,
        ..page(1)
    };
    cache.put(dirty);
    [2, 3, 4, 5].map(|key| cache.put(page(key)));
    assert!(cache.get(dirty));
    // Both others came after the hand was there: now the dirty one is asked for, it goes round once more.
    cache.put(page(6));
    assert_eq!(there(&*cache, 7), [1, 5, 6]);
}

#[test]
fn counts_decide_and_then_age() {
    for (mut cache, left) in [
        (Counted::least(3), [2, 3, 4]),
        (Counted::most(3), [1, 3, 4]),
    ] {
        faults(&mut cache, &[1, 2, 2, 3, 4]);
        assert_eq!(there(&cache, 5), left);
    }
}

#[test]
fn two_q_keeps_what_came_again_through_a_scan() {
    let mut cache = cache("2Q", 4);
    assert_eq!(
        faults(&mut *cache, &[1, 2, 3, 4, 5, 1, 6, 2, 7, 1, 8, 9]),
        11
    );
    assert_eq!(there(&*cache, 10), [1, 2, 8, 9]);
}

#[test]
fn s3_fifo_keeps_what_was_asked_for_twice_or_came_back() {
    let mut cache = cache("S3-FIFO", 10);
    faults(
        &mut *cache,
        &[
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 1, 11, 2, 12, 13, 14, 15, 16, 17, 18, 19,
        ],
    );
    assert_eq!(there(&*cache, 20), [1, 2, 12, 13, 14, 15, 16, 17, 18, 19]);
}

#[test]
fn sieve_keeps_what_was_asked_for_while_new_ones_pass() {
    assert_eq!(faults_of("SIEVE", 3, &[1, 2, 3, 1, 4, 5, 6, 1]), 6);
    assert_eq!(faults_of("LRU", 3, &[1, 2, 3, 1, 4, 5, 6, 1]), 7);
}

#[test]
fn arc_learns_from_what_comes_back() {
    let mut cache = cache("ARC", 2);
    assert_eq!(faults(&mut *cache, &[1, 2, 1, 3, 2, 1, 4]), 6);
    assert_eq!(there(&*cache, 5), [1, 4]);
}

/// References to pages in turn, again and again: of a loop that is longer than there are frames, FIFO has none when it comes round.
fn turns(pages: Key, rounds: usize) -> Vec<Key> {
    (0..rounds).flat_map(|_| 0..pages).collect()
}

#[test]
fn what_is_learnt_of_a_loop_keeps_a_part_of_it() {
    let string = turns(2000, 40);
    for (frames, most) in [(250, 0.92), (500, 0.82), (1000, 0.6)] {
        assert_eq!(faults_of("FIFO", frames, &string), string.len());
        let faults = faults(&mut Adaptive::new(frames), &string);
        assert!(
            faults as f64 <= most * string.len() as f64,
            "{frames}: {faults}"
        );
        assert!(faults >= self::faults(&mut Opt::with_bypass(frames), &string));
    }
}

/// Most are asked for soon after they came, or never.
#[test]
fn where_the_oldest_should_leave_they_do() {
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    let string: Vec<Key> = (0..100_000)
        .map(|at| at / 4 + random(1500) * random(1500) / 1500)
        .collect();
    for frames in [250, 500, 1000] {
        let fifo = faults_of("FIFO", frames, &string) as f64;
        let faults = faults(&mut Adaptive::new(frames), &string) as f64;
        assert!(faults <= 1.02 * fifo, "{frames}: {faults} beside {fifo}");
    }
}

/// Of more pages than are looked at at once, some of each part leave.
#[test]
fn large_pools_are_searched_by_parts() {
    let frames = 20_000;
    let mut cache = Adaptive::ephemeral(frames);
    (0..30_000).for_each(|key| cache.put(page(key)));
    assert_eq!(cache.pages(), frames);
    let left = |keys: core::ops::Range<Key>| keys.filter(|key| !cache.holds(*key)).count();
    assert!(left(0..10_000) > 4_000 && left(20_000..30_000) < 2_000);
}

#[test]
fn a_page_that_is_put_again_is_there_once() {
    let mut cache = Adaptive::new(2);
    [1, 1, 2, 1].map(|key| cache.put(page(key)));
    assert_eq!((cache.pages(), there(&cache, 9)), (2, vec![1, 2]));
    cache.put(page(3));
    assert_eq!(cache.pages(), 2);
}

#[derive(Clone, Debug)]
enum Step {
    Get(Key),
    Put(Key, bool),
    Flush(Key),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..24_u64).prop_map(Step::Get),
        3 => (0..24_u64, any::<bool>()).prop_map(|(key, dirty)| Step::Put(key, dirty)),
        1 => (0..24_u64).prop_map(Step::Flush),
    ];
    prop::collection::vec(step, 0..400)
}

/// What any cache must do: it has no page that is not in it, and no more pages than frames.
fn check(name: &str, cache: &mut dyn Cache, frames: usize, steps: &[Step]) {
    let mut known = HashMap::new();
    for step in steps {
        match *step {
            Step::Get(key) => {
                let held = cache.holds(key);
                let hit = cache.get(page(key));
                assert_eq!(hit, held, "{name}: holds() and get() differ");
                assert!(
                    !hit || known.contains_key(&key),
                    "{name}: a page from nowhere"
                );
            }
            Step::Put(key, dirty) => {
                cache.put(Reference { dirty, ..page(key) });
                known.insert(key, ());
            }
            Step::Flush(key) => {
                cache.flush(key);
                known.remove(&key);
                assert!(!cache.holds(key), "{name}: a page that was flushed");
            }
        }
        assert!(cache.pages() <= frames, "{name}: more pages than frames");
        assert!(cache.pages() <= known.len(), "{name}: more pages than came");
    }
}

proptest! {
    #[test]
    fn never_more_pages_than_frames(frames in 1..12_usize, steps in steps()) {
        for (name, make) in ONLINE {
            check(name, &mut *make(frames), frames, &steps);
        }
        check("the module", &mut Adaptive::new(frames), frames, &steps);
        check("the module, ephemeral", &mut Adaptive::ephemeral(frames), frames, &steps);
        check("OPT", &mut Opt::new(frames), frames, &steps);
        check("OPT with bypass", &mut Opt::with_bypass(frames), frames, &steps);
    }

    #[test]
    fn nothing_is_better_than_opt(frames in 1..8_usize, string in prop::collection::vec(0..16_u64, 0..300)) {
        let best = faults(&mut Opt::new(frames), &string);
        prop_assert!(faults(&mut Opt::with_bypass(frames), &string) <= best);
        for (name, make) in ONLINE {
            let faults = faults(&mut *make(frames), &string);
            prop_assert!(best <= faults && faults <= string.len(), "{name}");
        }
    }

    #[test]
    fn frames_are_filled_before_anything_leaves(string in prop::collection::vec(0..10_u64, 0..100)) {
        let mut distinct = string.clone();
        distinct.sort();
        distinct.dedup();
        for (name, make) in ONLINE {
            prop_assert_eq!(faults(&mut *make(10), &string), distinct.len(), "{}", name);
        }
    }

    #[test]
    fn lru_and_opt_have_no_anomaly(frames in 1..8_usize, string in prop::collection::vec(0..12_u64, 0..300)) {
        prop_assert!(faults_of("LRU", frames + 1, &string) <= faults_of("LRU", frames, &string));
        prop_assert!(faults(&mut Opt::new(frames + 1), &string) <= faults(&mut Opt::new(frames), &string));
    }
}
