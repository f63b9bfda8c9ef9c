// SPDX-License-Identifier: GPL-2.0
//! Whose the pools are: an open file's, as descriptors share it.

use super::support::{equal, errno, fails_with, got, page, same_page, stat, HANDLE};
use super::Case;
use crate::ensure;
use crate::outcome::Outcome;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use tmem_client::{Handle, Kind, Tmem};

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    ("close", "with the last descriptor the pools end, and their pages go", close),
    ("dup", "a duplicate descriptor names the same pools, and keeps them", dup),
    ("fork", "so does a child's, and its end takes nothing away", fork),
    ("killed", "a killed program's pools end", killed),
    ("two-files", "a file does not know another's pools", two_files),
    ("uuid", "shared pools of one UUID are one, in whatever file, until the last ends", uuid),
];

fn close() -> Outcome {
    let before = stat("pages")?;
    let tmem = Tmem::open()?;
    for kind in super::support::KINDS {
        let pool = tmem.create(kind)?;
        for index in 0..50 {
            pool.put(Handle { index, ..HANDLE }, &page(index))?;
        }
    }
    equal(stat("pages")?, before + 150, "pages while it is open")?;
    drop(tmem);
    equal(stat("pages")?, before, "pages")
}

fn dup() -> Outcome {
    let tmem = Tmem::open()?;
    let other = tmem.duplicate()?;
    let number = tmem.create(Kind::Persistent)?.number();
    tmem.pool(number).put(HANDLE, &page(1))?;
    same_page(
        got(other.pool(number), HANDLE)?,
        Some(page(1)),
        "through the other",
    )?;
    drop(tmem);
    same_page(
        got(other.pool(number), HANDLE)?,
        Some(page(1)),
        "after the first is closed",
    )?;
    other.pool(number).put(HANDLE, &page(2))?;
    same_page(
        got(other.pool(number), HANDLE)?,
        Some(page(2)),
        "put through the other",
    )
}

/// Runs `work` in a child; how it ended.
fn in_child(work: impl FnOnce() -> Outcome) -> Outcome<ExitStatus> {
    // SAFETY: this program has one thread here: the child may do what it likes.
    match unsafe { libc::fork() } {
        -1 => Err(std::io::Error::last_os_error().into()),
        0 => {
            let failed = work()
                .inspect_err(|why| eprintln!("in the child: {why}"))
                .is_err();
            // SAFETY: ends the child, and runs nothing of its parent's.
            unsafe { libc::_exit(i32::from(failed)) }
        }
        child => {
            let mut status = 0;
            // SAFETY: the child is ours.
            let waited = unsafe { libc::waitpid(child, &mut status, 0) };
            equal(waited, child, "waitpid")?;
            Ok(ExitStatus::from_raw(status))
        }
    }
}

fn fork() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    pool.put(HANDLE, &page(1))?;
    let status = in_child(|| {
        same_page(got(pool, HANDLE)?, Some(page(1)), "the parent's page")?;
        pool.put(HANDLE, &page(2))?;
        Ok(())
    })?;
    ensure!(status.success(), "the child: {status}");
    same_page(got(pool, HANDLE)?, Some(page(2)), "the child's page")
}

fn killed() -> Outcome {
    let before = stat("pages")?;
    let status = in_child(|| {
        let tmem = Tmem::open()?;
        let pool = tmem.create(Kind::Persistent)?;
        for index in 0..200 {
            pool.put(Handle { index, ..HANDLE }, &page(index))?;
        }
        equal(stat("pages")?, before + 200, "pages")?;
        // SAFETY: no memory is involved.
        unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        Ok(())
    })?;
    equal(status.signal(), Some(libc::SIGKILL), "its end")?;
    equal(stat("pages")?, before, "pages after it")
}

fn two_files() -> Outcome {
    let (first, second) = (Tmem::open()?, Tmem::open()?);
    let pool = first.create(Kind::Persistent)?;
    pool.put(HANDLE, &page(1))?;
    let foreign = second.pool(pool.number());
    fails_with(got(foreign, HANDLE), libc::ENXIO, "a get")?;
    fails_with(foreign.put(HANDLE, &page(2)), libc::ENXIO, "a put")?;
    fails_with(foreign.destroy(), libc::ENXIO, "its end")?;
    // The same number there is another pool.
    let other = second.create(Kind::Persistent)?;
    equal(other.number(), pool.number(), "its number")?;
    same_page(got(other, HANDLE)?, None, "the other's page")?;
    other.flush_object(HANDLE.object)?;
    same_page(got(pool, HANDLE)?, Some(page(1)), "the page")
}

fn uuid() -> Outcome {
    let (first, second) = (Tmem::open()?, Tmem::open()?);
    let kind = Kind::Shared(*b"tmem-test-uuid-1");
    let (one, two) = (first.create(kind)?, second.create(kind)?);
    let other = second.create(Kind::Shared(*b"tmem-test-uuid-2"))?;
    one.put(HANDLE, &page(1))?;
    same_page(got(two, HANDLE)?, Some(page(1)), "in the other file")?;
    same_page(got(other, HANDLE)?, None, "under another UUID")?;
    one.destroy()?;
    same_page(
        got(two, HANDLE)?,
        Some(page(1)),
        "after one of two was destroyed",
    )?;
    drop(first);
    two.put(HANDLE, &page(2))?;
    two.destroy()?;
    let again = second.create(kind)?;
    same_page(got(again, HANDLE)?, None, "after both were destroyed")?;
    equal(errno(&got(two, HANDLE)), libc::ENXIO, "the destroyed one")
}
