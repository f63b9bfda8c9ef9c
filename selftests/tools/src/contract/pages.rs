// SPDX-License-Identifier: GPL-2.0
//! The contract of put, get and flush.

use super::support::{equal, fails_with, got, page, same_page, stat, HANDLE, KINDS};
use super::Case;
use crate::outcome::Outcome;
use tmem_client::{Handle, Kind, Tmem, PAGE};

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    ("version", "the module says what it offers", version),
    ("put-get", "a put page is got as it was put", put_get),
    ("put-put-get", "put, put, get never gives the older page", put_put_get),
    ("miss", "after a get that missed, gets miss until a put", miss),
    ("exclusive", "a hit in an ephemeral pool takes the page away", exclusive),
    ("shared", "a get of a shared pool leaves the page", shared),
    ("persistent", "a persistent page is got until it is flushed", persistent),
    ("flush", "flushes free at once, and what is not there is no error", flush),
    ("destroy", "destroying a pool frees its pages at once, and its number", destroy),
    ("handles", "handles that differ in one bit are different pages", handles),
    ("pools", "equal handles of different pools are different pages", pools),
    ("equal-pages", "equal pages under many handles go one by one", equal_pages),
    ("misaligned", "a page may be at any address", misaligned),
];

fn version() -> Outcome {
    let version = Tmem::open()?.version()?;
    equal(version.version, 1, "version")?;
    equal(version.page_bytes as usize, PAGE, "bytes of a page")?;
    equal(version.most_pools, 64, "pools")?;
    equal(version.most_batched, 512, "operations of a batch")?;
    equal(version.most_objects, 1 << 16, "objects")
}

fn put_get() -> Outcome {
    let tmem = Tmem::open()?;
    for kind in KINDS {
        let pool = tmem.create(kind)?;
        for seed in 0..32 {
            pool.put(HANDLE, &page(seed))?;
            same_page(got(pool, HANDLE)?, Some(page(seed)), &format!("{kind:?}"))?;
        }
    }
    Ok(())
}

fn put_put_get() -> Outcome {
    let tmem = Tmem::open()?;
    for kind in KINDS {
        let pool = tmem.create(kind)?;
        // Content of every form follows content of every other.
        for (older, newer) in (0..16).flat_map(|older| (16..32).map(move |newer| (older, newer))) {
            pool.put(HANDLE, &page(older))?;
            pool.put(HANDLE, &page(newer))?;
            same_page(got(pool, HANDLE)?, Some(page(newer)), &format!("{kind:?}"))?;
        }
    }
    Ok(())
}

fn miss() -> Outcome {
    let tmem = Tmem::open()?;
    for kind in KINDS {
        let pool = tmem.create(kind)?;
        for _ in 0..3 {
            same_page(got(pool, HANDLE)?, None, "never put")?;
        }
        pool.put(HANDLE, &page(1))?;
        pool.flush_page(HANDLE)?;
        for _ in 0..3 {
            same_page(got(pool, HANDLE)?, None, "flushed")?;
        }
        pool.put(HANDLE, &page(2))?;
        same_page(got(pool, HANDLE)?, Some(page(2)), "put anew")?;
    }
    Ok(())
}

fn exclusive() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Ephemeral)?;
    let before = stat("pages")?;
    pool.put(HANDLE, &page(1))?;
    equal(stat("pages")?, before + 1, "pages after the put")?;
    same_page(got(pool, HANDLE)?, Some(page(1)), "first get")?;
    equal(stat("pages")?, before, "pages after the get")?;
    same_page(got(pool, HANDLE)?, None, "second get")
}

fn shared() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Shared([7; 16]))?;
    pool.put(HANDLE, &page(1))?;
    for _ in 0..3 {
        same_page(got(pool, HANDLE)?, Some(page(1)), "get")?;
    }
    Ok(())
}

fn persistent() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let handle = |number: u64| Handle {
        object: [number % 7, 0, number % 3],
        index: number,
    };
    for number in 0..2000 {
        pool.put(handle(number), &page(number))?;
    }
    for round in 0..2 {
        for number in 0..2000 {
            let what = format!("page {number}, round {round}");
            same_page(got(pool, handle(number))?, Some(page(number)), &what)?;
        }
    }
    pool.flush_page(handle(5))?;
    same_page(got(pool, handle(5))?, None, "flushed")?;
    same_page(got(pool, handle(12))?, Some(page(12)), "its neighbour")
}

fn flush() -> Outcome {
    let tmem = Tmem::open()?;
    let before = stat("pages")?;
    for kind in KINDS {
        let pool = tmem.create(kind)?;
        let at = |index| Handle { index, ..HANDLE };
        let other = Handle {
            object: [1, 2, 4],
            index: 4,
        };
        (0..40).try_for_each(|index| pool.put(at(index << 32), &page(index)))?;
        pool.put(other, &page(99))?;
        pool.flush_page(at(0))?;
        pool.flush_page(at(0))?;
        equal(stat("pages")?, before + 40, "pages after flush_page")?;
        pool.flush_object(HANDLE.object)?;
        pool.flush_object(HANDLE.object)?;
        equal(stat("pages")?, before + 1, "pages after flush_object")?;
        same_page(got(pool, at(1 << 32))?, None, "of the flushed object")?;
        same_page(got(pool, other)?, Some(page(99)), "of another object")?;
        pool.flush_object([u64::MAX; 3])?;
        pool.flush_object(other.object)?;
    }
    equal(stat("pages")?, before, "pages")
}

fn destroy() -> Outcome {
    let tmem = Tmem::open()?;
    let before = stat("pages")?;
    for kind in KINDS {
        let pool = tmem.create(kind)?;
        for index in 0..100 {
            pool.put(Handle { index, ..HANDLE }, &page(index))?;
        }
        pool.destroy()?;
        equal(stat("pages")?, before, "pages")?;
        fails_with(pool.destroy(), libc::ENXIO, "once more")?;
        fails_with(got(pool, HANDLE), libc::ENXIO, "a get")?;
    }
    Ok(())
}

fn handles() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let handle = |bit: u32| {
        let mut words = [1, 2, 3, 4];
        words[bit as usize / 64] ^= 1 << (bit % 64);
        Handle {
            object: [words[0], words[1], words[2]],
            index: words[3],
        }
    };
    pool.put(HANDLE, &page(1000))?;
    (0..256).try_for_each(|bit| pool.put(handle(bit), &page(u64::from(bit))))?;
    for bit in 0..256 {
        let what = format!("bit {bit}");
        same_page(got(pool, handle(bit))?, Some(page(u64::from(bit))), &what)?;
    }
    same_page(got(pool, HANDLE)?, Some(page(1000)), "no bit")
}

fn pools() -> Outcome {
    let tmem = Tmem::open()?;
    let kinds = (0..).zip(KINDS.into_iter().cycle().take(12));
    // One of each shared: a second would be the same.
    let pools: Vec<_> = kinds
        .filter(|(number, kind)| *number < 3 || !matches!(kind, Kind::Shared(_)))
        .map(|(number, kind)| Ok((number, tmem.create(kind)?)))
        .collect::<std::io::Result<_>>()?;
    for (number, pool) in &pools {
        pool.put(HANDLE, &page(*number))?;
    }
    for (number, pool) in pools {
        let what = format!("pool {number}");
        same_page(got(pool, HANDLE)?, Some(page(number)), &what)?;
    }
    Ok(())
}

fn equal_pages() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let at = |index| Handle { index, ..HANDLE };
    (0..50).try_for_each(|index| pool.put(at(index), &page(3)))?;
    for gone in 0..50 {
        pool.flush_page(at(gone))?;
        same_page(got(pool, at(gone))?, None, "flushed")?;
        for left in gone + 1..50 {
            same_page(got(pool, at(left))?, Some(page(3)), "left")?;
        }
    }
    Ok(())
}

fn misaligned() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let mut memory = vec![0xa5; 3 * PAGE];
    for offset in [1, 8, 4095] {
        let target: &mut [u8; PAGE] = (&mut memory[offset..offset + PAGE]).try_into()?;
        target.copy_from_slice(&page(4));
        pool.put(HANDLE, target)?;
        target.fill(0);
        pool.get(HANDLE, target)?;
        same_page(Some(*target), Some(page(4)), "page")?;
        memory[offset..offset + PAGE].fill(0xa5);
        let untouched = memory.iter().all(|byte| *byte == 0xa5);
        equal(untouched, true, "the memory around it is as before")?;
    }
    Ok(())
}
