// SPDX-License-Identifier: GPL-2.0
//! The checker against pools whose bugs are known: it finds each, and none where there is none.

use super::fake::{Bug, Fake};
use super::history::{search, Event};
use super::operation::{Answer, Chooser, Key, Operation, ALL_POOLS, PERSISTENT};
use super::{concurrent, page, sequential, Counts, Extent};
use crate::outcome::Outcome;
use std::collections::HashSet;
use tmem_client::PAGE;

/// Those that one thread can see.
const BUGS: &[Bug] = &[
    Bug::PutKeepsOlder,
    Bug::RefusalKeepsOlder,
    Bug::ComesBack,
    Bug::GetLeaves,
    Bug::DropsPersistent,
    Bug::Neighbour,
    Bug::FlushPageIgnored,
    Bug::FlushObjectIgnored,
    Bug::FlushObjectMisses,
    Bug::FlushesTooMuch,
    Bug::RecreateKeepsPages,
    Bug::Torn,
];

const SEED: u64 = 7;

fn extent(operations: u64) -> Extent {
    Extent {
        operations,
        end: None,
    }
}

fn alone(bug: Bug) -> Outcome<Counts> {
    sequential::run(|| Ok(Fake::new(bug)), SEED, ALL_POOLS, extent(20_000))
}

fn together(bug: Bug, operations: u64) -> Outcome<Counts> {
    let target = Fake::new(bug);
    concurrent::run(&target, SEED, ALL_POOLS, 4, extent(operations))
}

#[test]
fn right_pools_pass() {
    for counts in [alone(Bug::None), together(Bug::None, 40_000)] {
        let counts = counts.unwrap();
        assert!(counts.hits > 1_000 && counts.misses > 1_000 && counts.refused > 300);
    }
}

#[test]
fn each_bug_is_found_by_one_thread() {
    for bug in BUGS {
        assert!(alone(*bug).is_err(), "{bug:?}");
    }
}

#[test]
fn each_bug_is_found_by_several_threads() {
    // They never make a pool anew.
    for bug in BUGS.iter().filter(|bug| **bug != Bug::RecreateKeepsPages) {
        assert!(together(*bug, 40_000).is_err(), "{bug:?}");
    }
}

#[test]
fn races_are_found_by_several_threads() {
    for bug in [Bug::PutHasGap, Bug::GetTakesLater] {
        assert!(alone(bug).is_ok(), "{bug:?}");
        assert!(together(bug, 2_000_000).is_err(), "{bug:?}");
    }
}

/// Put, put, get; the report names no more.
#[test]
fn a_failure_is_shrunk_to_what_it_takes() {
    for (bug, calls) in [
        (Bug::PutKeepsOlder, 3),
        (Bug::GetLeaves, 3),
        (Bug::FlushPageIgnored, 3),
    ] {
        let report = alone(bug).map(|_| ()).unwrap_err().to_string();
        let (_, few) = report.split_once("these ").unwrap();
        let number: u32 = few.split(' ').next().unwrap().parse().unwrap();
        assert!(number <= calls, "{bug:?}: {report}");
    }
}

/// A page that is put while its object is being flushed goes with it; one put while it is flushed alone goes before or stays.
#[test]
fn a_flush_of_an_object_may_take_what_is_put_meanwhile() {
    let key = Key {
        pool: PERSISTENT,
        object: 0,
        index: 0,
    };
    let event = |start, operation, answer| Event {
        start,
        end: start + 1,
        operation,
        answer,
    };
    let user = vec![
        event(1, Operation::Get(key), Answer::Miss),
        event(3, Operation::Put(key, 9), Answer::Done),
        event(5, Operation::Get(key), Answer::Miss),
    ];
    for (flush, allowed) in [
        (Operation::FlushObject(key), true),
        (Operation::FlushPage(key), false),
    ] {
        let mut flush = event(0, flush, Answer::Done);
        flush.end = 9;
        let after = search(
            PERSISTENT,
            &HashSet::from([Some(3)]),
            &[vec![flush], user.clone()],
        );
        assert_eq!(!after.is_empty(), allowed);
    }
}

#[test]
fn a_seed_says_all() {
    let calls = |seed| {
        let mut chooser = Chooser::new(seed, 0, ALL_POOLS);
        (0..100)
            .map(|_| chooser.call_or_recreate())
            .collect::<Vec<_>>()
    };
    assert_eq!(calls(3), calls(3));
    assert_ne!(calls(3), calls(4));
}

#[test]
fn pages_are_told_apart() {
    let mut bytes = [0; PAGE];
    for id in (0..page::COMMON).chain((1 << 40)..(1 << 40) + 16) {
        page::make(id, &mut bytes);
        assert_eq!(page::identify(&bytes), Ok(id));
        for at in [8, 2048, PAGE - 1] {
            bytes[at] ^= 1;
            assert!(page::identify(&bytes).is_err(), "page {id:#x}, byte {at}");
            bytes[at] ^= 1;
        }
    }
}
