// SPDX-License-Identifier: GPL-2.0
//! The checker against pools whose bugs are known: it finds each, and none where there is none.

use super::fake::{Bug, Fake};
use super::operation::{Chooser, ALL_POOLS};
use super::{concurrent, page, sequential, Counts, Extent};
use crate::outcome::Outcome;
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
