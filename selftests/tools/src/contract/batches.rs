// SPDX-License-Identifier: GPL-2.0
//! The contract of batches.

use super::support::{equal, fails_with, got, page, same_page, send, Edge, HANDLE};
use super::Case;
use crate::outcome::Outcome;
use std::mem::offset_of;
use tmem_client::raw::{self, command, operation};
use tmem_client::{Batch, Handle, Kind, Page, Pool, Tmem, PAGE};

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    ("batch", "a batch does each operation in order, as it would end alone", batch),
    ("batch-lengths", "a batch has 0 to 512 operations", lengths),
    ("batch-checked", "a wrong operation: nothing of the batch is done, and no status written", checked),
    ("batch-goes-on", "what is wrong with one operation alone is its status", goes_on),
    ("batch-fault", "a status that cannot be written ends the batch: done says how far it came", fault),
];

fn at(index: u64) -> Handle {
    Handle { index, ..HANDLE }
}

fn raw_operation(pool: Pool<'_>, operation: u32, index: u64, page: u64) -> raw::Operation {
    raw::Operation {
        operation,
        status: 77,
        target: raw::Page {
            pool: pool.number(),
            object: HANDLE.object,
            index,
            page,
            reserved: 0,
        },
    }
}

/// As it stands; the result, and `done`.
fn run(tmem: &Tmem, count: usize, operations: u64) -> (std::io::Result<()>, u32) {
    let mut batch = raw::Batch {
        count: count as u32,
        operations,
        ..raw::Batch::default()
    };
    let result = send(tmem, &command::BATCH, &mut batch);
    (result, batch.done)
}

fn batch() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Ephemeral)?;
    let (one, two) = (page(1), page(2));
    let mut pages: [Page; 4] = [[0; PAGE]; 4];
    let [first, second, third, fourth] = &mut pages;
    let mut batch = Batch::new(&tmem);
    batch.get(pool, HANDLE, first);
    batch.put(pool, HANDLE, &one);
    batch.put(pool, HANDLE, &two);
    batch.get(pool, HANDLE, second);
    batch.get(pool, HANDLE, third);
    batch.put(pool, at(9), &one);
    batch.flush_page(pool, at(9));
    batch.put(pool, at(10), &one);
    batch.flush_object(pool, HANDLE.object);
    batch.get(pool, at(10), fourth);
    let statuses = batch.run()?;
    let found: Vec<i32> = statuses.iter().map(super::support::errno).collect();
    let miss = libc::ENOENT;
    equal(
        found,
        vec![miss, 0, 0, 0, miss, 0, 0, 0, 0, miss],
        "statuses",
    )?;
    same_page(Some(pages[1]), Some(two), "the got page")
}

fn lengths() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let content = page(1);
    for (count, wanted) in [(0, 0), (1, 0), (512, 0), (513, libc::E2BIG)] {
        let mut batch = Batch::new(&tmem);
        (0..count).for_each(|index| batch.put(pool, at(index), &content));
        fails_with(batch.run(), wanted, &format!("{count} operations"))?;
        let held = got(pool, at(count.max(1) - 1))?.is_some();
        equal(held, count > 0 && wanted == 0, "the last was done")?;
        pool.flush_object(HANDLE.object)?;
    }
    let (result, done) = run(&tmem, u32::MAX as usize, 0);
    fails_with(result, libc::E2BIG, "the most that can be said")?;
    equal(done, 0, "done")
}

fn checked() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let content = page(1);
    let spoil: [fn(&mut raw::Operation); 5] = [
        |last| last.operation = 4,
        |last| last.operation = u32::MAX,
        |last| last.target.reserved = 1,
        |last| last.operation = operation::FLUSH_PAGE,
        |last| {
            last.operation = operation::FLUSH_OBJECT;
            last.target.page = 0;
        },
    ];
    for (number, spoil) in spoil.iter().enumerate() {
        let put = |index| raw_operation(pool, operation::PUT, index, content.as_ptr() as u64);
        let mut operations: Vec<_> = (1..20).map(put).collect();
        spoil(&mut operations[18]);
        let (result, done) = run(&tmem, 19, operations.as_mut_ptr() as u64);
        fails_with(result, libc::EINVAL, &format!("wrong in way {number}"))?;
        equal(done, 0, "done")?;
        let untouched = operations.iter().all(|operation| operation.status == 77);
        equal(untouched, true, "no status is written")?;
        same_page(got(pool, at(1))?, None, "the first was not done")?;
    }
    Ok(())
}

fn goes_on() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let content = page(1);
    let good = content.as_ptr() as u64;
    let nowhere = Edge::before_nothing()?.second();
    let mut operations = [
        raw_operation(pool, operation::PUT, 0, good),
        raw_operation(pool, operation::PUT, 1, nowhere),
        raw_operation(pool, operation::GET, 0, nowhere),
        raw_operation(pool, operation::GET, 5, nowhere),
        raw_operation(pool, operation::FLUSH_PAGE, 5, 0),
        raw_operation(tmem.pool(0), operation::PUT, 2, good),
        raw_operation(pool, operation::PUT, 2, good),
    ];
    let (result, done) = run(&tmem, operations.len(), operations.as_mut_ptr() as u64);
    result?;
    equal(done, 7, "done")?;
    let statuses = operations.map(|operation| -operation.status);
    let (fault, miss, no_pool) = (libc::EFAULT, libc::ENOENT, libc::ENXIO);
    equal(statuses, [0, fault, fault, miss, 0, no_pool, 0], "statuses")?;
    same_page(got(pool, at(2))?, Some(content), "the last")
}

fn fault() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let content = page(1);
    let one = size_of::<raw::Operation>();
    // The first two statuses can be written, the third not.
    let mut edge = Edge::before_read_only()?;
    let put = |index| raw_operation(pool, operation::PUT, index, content.as_ptr() as u64);
    let before = 2 * one + offset_of!(raw::Operation, status);
    let two = [put(0), put(1)];
    let address = edge.place(&two, before);
    // Zeroes follow in the page that is only read: puts of pool 0, of no meaning before their turn.
    let (result, done) = run(&tmem, 5, address);
    fails_with(result, libc::EFAULT, "the batch")?;
    equal(done, 3, "done")?;
    same_page(got(pool, at(1))?, Some(content), "the second was done")?;
    let mut edge = Edge::before_nothing()?;
    let (result, done) = run(&tmem, 2, edge.place(&put(7), one));
    fails_with(result, libc::EFAULT, "an operation that cannot be read")?;
    equal(done, 0, "done")?;
    same_page(got(pool, at(7))?, None, "the one before it was not done")
}
