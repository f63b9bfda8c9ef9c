// SPDX-License-Identifier: GPL-2.0
//! How much an open file and a user may have.

use super::support::{equal, errno, fails_with, got, page, same_page, HANDLE};
use super::Case;
use crate::content::{Class, Content};
use crate::ensure;
use crate::outcome::Outcome;
use std::fs;
use tmem_client::{Batch, Handle, Kind, Page, Pool, Tmem, PAGE};

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    ("mode", "the device is for root alone", mode),
    ("most-pools", "a file has 64 pools at a time", most_pools),
    ("most-objects", "and 65,536 objects in them all; one that is flushed makes room", most_objects),
    ("no-persistent", "whoever is no administrator may keep no persistent page", no_persistent),
    ("persistent-cap", "or as many as the cap says, over all files of the user", persistent_cap),
    ("persistent-given-back", "what is flushed, replaced, destroyed or closed counts no more", given_back),
    ("refused", "a refused put leaves no older page", refused),
];

const CAP: &str = "/sys/kernel/tmem/persistent_bytes_per_user";

fn set_cap(pages: usize) -> Outcome {
    Ok(fs::write(CAP, (pages * PAGE).to_string())?)
}

fn at(index: u64) -> Handle {
    Handle { index, ..HANDLE }
}

/// From now on this task is root without CAP_SYS_ADMIN.
fn give_up_administration() -> Outcome {
    const VERSION_3: u32 = 0x2008_0522;
    const CAP_SYS_ADMIN: u32 = 21;
    let header = [VERSION_3, 0];
    let mut sets = [0u32; 6];
    // SAFETY: the system calls read and write a header of two words, and two sets of three.
    let done = unsafe {
        libc::syscall(libc::SYS_capget, header.as_ptr(), sets.as_mut_ptr());
        // Effective.
        sets[0] &= !(1 << CAP_SYS_ADMIN);
        libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr())
    };
    equal(done, 0, "capset")
}

fn mode() -> Outcome {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(tmem_client::PATH)?;
    equal(metadata.mode() & 0o7777, 0o600, "mode")?;
    equal((metadata.uid(), metadata.gid()), (0, 0), "owner")
}

fn most_pools() -> Outcome {
    let tmem = Tmem::open()?;
    let pools: Vec<_> = (0..64)
        .map(|_| tmem.create(Kind::Ephemeral))
        .collect::<Result<_, _>>()?;
    for kind in super::support::KINDS {
        fails_with(tmem.create(kind), libc::EMFILE, "one more")?;
    }
    pools[17].destroy()?;
    let again = tmem.create(Kind::Ephemeral)?;
    ensure!(
        pools.iter().all(|pool| pool.number() != again.number()),
        "number {} is given again at once",
        again.number()
    );
    fails_with(tmem.create(Kind::Ephemeral), libc::EMFILE, "one more")?;
    again.put(HANDLE, &page(1))?;
    same_page(got(again, HANDLE)?, Some(page(1)), "its page")?;
    Tmem::open()?.create(Kind::Ephemeral)?;
    Ok(())
}

fn object(number: u64) -> Handle {
    Handle {
        object: [number, 0, !number],
        index: 0,
    }
}

fn most_objects() -> Outcome {
    let tmem = Tmem::open()?;
    let most = tmem.version()?.most_objects;
    let pools = [
        tmem.create(Kind::Persistent)?,
        tmem.create(Kind::Ephemeral)?,
    ];
    let zeroes: Page = [0; PAGE];
    for first in (0..most).step_by(512) {
        let mut batch = Batch::new(&tmem);
        for number in first..first + 512 {
            batch.put(pools[number as usize % 2], object(number), &zeroes);
        }
        let refused = batch.run()?.iter().filter(|status| status.is_err()).count();
        equal(refused, 0, "refused")?;
    }
    let more = pools[0].put(object(most), &zeroes);
    fails_with(more, libc::EDQUOT, "one more")?;
    // More pages of an object there is are no more objects.
    pools[0].put(
        Handle {
            index: 1,
            ..object(0)
        },
        &zeroes,
    )?;
    pools[0].flush_object(object(2).object)?;
    pools[1].put(object(most), &zeroes)?;
    let more = pools[0].put(object(2), &zeroes);
    fails_with(more, libc::EDQUOT, "one more again")
}

fn no_persistent() -> Outcome {
    set_cap(0)?;
    let administrators = Tmem::open()?;
    give_up_administration()?;
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    for seed in 0..16 {
        fails_with(pool.put(HANDLE, &page(seed)), libc::EDQUOT, "a put")?;
        same_page(got(pool, HANDLE)?, None, "the page")?;
    }
    let pool = tmem.create(Kind::Ephemeral)?;
    pool.put(HANDLE, &page(1))?;
    same_page(got(pool, HANDLE)?, Some(page(1)), "an ephemeral page")?;
    // The file that an administrator opened is an administrator's.
    let pool = administrators.create(Kind::Persistent)?;
    pool.put(HANDLE, &page(1))?;
    same_page(
        got(pool, HANDLE)?,
        Some(page(1)),
        "the administrator's page",
    )
}

/// Puts until one is refused; how many were not.
fn fill(pool: Pool<'_>) -> Outcome<u64> {
    for index in 0..100 {
        let put = pool.put(at(index), &page(index));
        if errno(&put) == libc::EDQUOT {
            return Ok(index);
        }
        put?;
    }
    Err("nothing is refused".into())
}

fn persistent_cap() -> Outcome {
    set_cap(10)?;
    give_up_administration()?;
    let (first, second) = (Tmem::open()?, Tmem::open()?);
    let (one, two) = (
        first.create(Kind::Persistent)?,
        second.create(Kind::Persistent)?,
    );
    (0..4).try_for_each(|index| two.put(at(index), &page(index)))?;
    equal(fill(one)?, 6, "pages beside the other file's 4")?;
    set_cap(12)?;
    (6..8).try_for_each(|index| one.put(at(index), &page(index)))?;
    fails_with(
        two.put(at(50), &page(0)),
        libc::EDQUOT,
        "beyond the new cap",
    )?;
    set_cap(3)?;
    for index in 0..8 {
        same_page(
            got(one, at(index))?,
            Some(page(index)),
            "kept before the cap fell",
        )?;
    }
    set_cap(0)
}

fn given_back() -> Outcome {
    set_cap(5)?;
    give_up_administration()?;
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    for round in 0..6 {
        equal(fill(pool)?, 5, &format!("pages in round {round}"))?;
        match round % 2 {
            0 => pool.flush_object(HANDLE.object)?,
            _ => (0..5).try_for_each(|index| pool.flush_page(at(index)))?,
        }
    }
    pool.put(at(0), &page(0))?;
    for seed in 0..20 {
        pool.put(at(0), &page(seed))?;
    }
    pool.destroy()?;
    equal(
        fill(tmem.create(Kind::Persistent)?)?,
        5,
        "pages after a pool's end",
    )?;
    drop(tmem);
    let tmem = Tmem::open()?;
    equal(
        fill(tmem.create(Kind::Persistent)?)?,
        5,
        "pages after a file's end",
    )?;
    set_cap(0)
}

/// With no room at all, pages that do not compress are refused.
fn refused() -> Outcome {
    const MOST: &str = "/sys/kernel/tmem/max_bytes";
    let tmem = Tmem::open()?;
    for kind in super::support::KINDS {
        let pool = tmem.create(kind)?;
        let mut content = page(0);
        Content::new(Class::Random, 1).make(&mut content);
        pool.put(at(0), &content)?;
        let most = fs::read_to_string(MOST)?;
        fs::write(MOST, "4096")?;
        content[0] ^= 1;
        let put = pool.put(at(0), &content);
        fs::write(MOST, most)?;
        fails_with(put, libc::ENOMEM, "a put in its place")?;
        same_page(got(pool, at(0))?, None, "the older page")?;
        pool.destroy()?;
    }
    Ok(())
}
