// SPDX-License-Identifier: GPL-2.0
//! Calls that race with a pool's end, with the file's, and with a program that writes to its page.

use super::support::{equal, errno, got, page, stat, HANDLE, KINDS};
use super::Case;
use crate::ensure;
use crate::outcome::Outcome;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};
use tmem_client::{Handle, Kind, Pool, Tmem, PAGE};

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    ("destroy-race", "calls that race with a pool's end: as before it or after it, and no page of its successor", destroy_race),
    ("close-race", "calls under way when the descriptor is closed", close_race),
    ("join-race", "a shared pool that is joined while its last user goes", join_race),
    ("writing-race", "a page that is written while it is put: bytes of its own, and no harm", writing_race),
];

const TIME: Duration = Duration::from_secs(4);

/// Runs all of these at once, each again and again.
fn repeat(workers: &[&(dyn Fn() -> Outcome + Sync)]) -> Outcome {
    let end = Instant::now() + TIME;
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        let handles: Vec<_> = workers
            .iter()
            .map(|work| {
                let failed = &failed;
                scope.spawn(move || {
                    while Instant::now() < end && !failed.load(Relaxed) {
                        work().inspect_err(|_| failed.store(true, Relaxed))?;
                    }
                    Ok(())
                })
            })
            .collect();
        handles
            .into_iter()
            .try_for_each(|handle| handle.join().unwrap_or(Err("a thread panicked".into())))
    })
}

/// Each pool has pages that tell which it is.
fn destroy_race() -> Outcome {
    let before = stat("pages")?;
    let tmem = Tmem::open()?;
    let (current, ended) = (AtomicU32::new(0), AtomicU64::new(0));
    let (hits, late) = (AtomicU64::new(0), AtomicU64::new(0));
    let remake = || {
        let pool = tmem.create(KINDS[ended.load(Relaxed) as usize % 2])?;
        pool.put(HANDLE, &page(u64::from(pool.number())))?;
        let old = current.swap(pool.number(), Relaxed);
        thread::yield_now();
        if old != 0 {
            tmem.pool(old).destroy()?;
            ended.fetch_add(1, Relaxed);
        }
        Ok(())
    };
    let number = || match current.load(Relaxed) {
        0 => None,
        number => Some(number),
    };
    let count = |error: i32| {
        if error == libc::ENXIO {
            late.fetch_add(1, Relaxed);
        }
        ensure!(
            [0, libc::ENXIO].contains(&error),
            "a call ends with error {error}"
        );
        Ok(())
    };
    let get = || {
        let Some(number) = number() else {
            return Ok(());
        };
        let found = got(tmem.pool(number), HANDLE);
        if let Ok(Some(found)) = found {
            ensure!(found == page(u64::from(number)), "another pool's page");
            hits.fetch_add(1, Relaxed);
        }
        count(errno(&found))
    };
    let put = || {
        let Some(number) = number() else {
            return Ok(());
        };
        let put = tmem.pool(number).put(HANDLE, &page(u64::from(number)));
        count(errno(&put))
    };
    let flush = || {
        let Some(number) = number() else {
            return Ok(());
        };
        count(errno(&tmem.pool(number).flush_object(HANDLE.object)))
    };
    repeat(&[&remake, &get, &put, &get, &flush, &put])?;
    println!(
        "ended={} hits={} late={}",
        ended.into_inner(),
        hits.into_inner(),
        late.into_inner()
    );
    drop(tmem);
    equal(stat("pages")?, before, "pages after it")
}

fn close_race() -> Outcome {
    let before = stat("pages")?;
    let round = || {
        let tmem = Tmem::open()?;
        let other = tmem.duplicate()?;
        let number = tmem.create(Kind::Persistent)?.number();
        thread::scope(|scope| {
            let user = scope.spawn(move || {
                let pool = other.pool(number);
                for index in 0..20 {
                    pool.put(Handle { index, ..HANDLE }, &page(index))?;
                }
                // The last descriptor, or not.
                drop(other);
                Ok(())
            });
            drop(tmem);
            user.join().unwrap_or(Err("a thread panicked".into()))
        })
    };
    repeat(&[&round, &round, &round])?;
    equal(stat("pages")?, before, "pages after it")
}

fn join_race() -> Outcome {
    let before = stat("pages")?;
    let round = || {
        let tmem = Tmem::open()?;
        let pool = tmem.create(Kind::Shared([9; 16]))?;
        for index in 0..8 {
            let handle = Handle { index, ..HANDLE };
            pool.put(handle, &page(index))?;
            let found = got(pool, handle)?;
            ensure!(
                found.is_none_or(|found| found == page(index)),
                "another page"
            );
        }
        Ok(())
    };
    repeat(&[&round, &round, &round, &round])?;
    equal(stat("pages")?, before, "pages after it")
}

fn writing_race() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let memory: Vec<AtomicU64> = (0..PAGE / 8).map(|_| AtomicU64::new(0)).collect();
    let round = AtomicU64::new(0);
    let write = || {
        let value = round.fetch_add(1, Relaxed) & 1;
        let byte = u64::from_ne_bytes([[0x11; 8], [0xee; 8]][value as usize]);
        memory.iter().for_each(|word| word.store(byte, Relaxed));
        Ok(())
    };
    let put = || put_and_get(&tmem, pool, &memory);
    repeat(&[&write, &put])
}

fn put_and_get(tmem: &Tmem, pool: Pool<'_>, memory: &[AtomicU64]) -> Outcome {
    let mut argument = tmem_client::raw::Page {
        pool: pool.number(),
        object: HANDLE.object,
        index: HANDLE.index,
        page: memory.as_ptr() as u64,
        ..Default::default()
    };
    super::support::send(tmem, &tmem_client::raw::command::PUT, &mut argument)?;
    let found = got(pool, HANDLE)?.ok_or("the page is gone")?;
    let own = found.iter().all(|byte| [0, 0x11, 0xee].contains(byte));
    ensure!(own, "bytes that were never there");
    Ok(())
}
