// SPDX-License-Identifier: GPL-2.0
//! What a hostile program can send: it gets a clear error, and nothing is done.

use super::support::{
    equal, fails_with, got, ioctl, page, same_page, send, stat, Edge, HANDLE, KINDS,
};
use super::Case;
use crate::ensure;
use crate::mapping::{Kind as Memory, Mapping};
use crate::outcome::Outcome;
use std::os::fd::AsRawFd;
use tmem_client::raw::{self, command, Create, Destroy};
use tmem_client::{Kind, Tmem, PAGE};

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    ("bad-structures", "a structure at a bad address, or half at one: EFAULT", bad_structures),
    ("bad-pages", "a page at a bad address: EFAULT, and a put does nothing", bad_pages),
    ("bad-results", "a pool whose number cannot be said is not there", bad_results),
    ("bad-commands", "another size, number, direction or type of command: ENOTTY", bad_commands),
    ("reserved", "a reserved or unused field that is not zero: EINVAL, and nothing is done", reserved),
    ("kinds", "a kind that there is not: EINVAL", kinds),
    ("numbers", "a pool number that is none, however large: ENXIO", numbers),
    ("reused", "a destroyed pool's number is not its successor's", reused),
    ("other-calls", "read, write, mmap and seek do not disturb it", other_calls),
    ("compat", "a 32-bit program's calls do the same", compat),
];

/// Addresses at which nothing of so many bytes can be read or written.
fn nowhere(bytes: usize) -> Outcome<(Vec<u64>, Edge)> {
    let edge = Edge::before_nothing()?;
    let addresses = vec![
        0,
        1,
        edge.second(),
        edge.second() - bytes as u64 / 2,
        edge.second() - 1,
        0x7fff_ffff_f000,
        0x8000_0000_0000,
        // The kernel's.
        0xffff_8880_0000_0000,
        0xffff_ffff_8100_0000,
        u64::MAX,
        u64::MAX - bytes as u64 + 1,
    ];
    Ok((addresses, edge))
}

/// All commands: a name, the number, and bytes of the structure.
fn commands() -> [(&'static str, libc::Ioctl, usize); 8] {
    [
        ("version", command::VERSION.number(), 24),
        ("create", command::CREATE.number(), 32),
        ("destroy", command::DESTROY.number(), 8),
        ("put", command::PUT.number(), 48),
        ("get", command::GET.number(), 48),
        ("flush_page", command::FLUSH_PAGE.number(), 48),
        ("flush_object", command::FLUSH_OBJECT.number(), 48),
        ("batch", command::BATCH.number(), 24),
    ]
}

fn bad_structures() -> Outcome {
    let tmem = Tmem::open()?;
    for (name, number, bytes) in commands() {
        let (addresses, _edge) = nowhere(bytes)?;
        for address in addresses {
            let what = format!("{name} at {address:#x}");
            fails_with(ioctl(&tmem, number, address), libc::EFAULT, &what)?;
        }
    }
    Ok(())
}

fn target(pool: tmem_client::Pool<'_>, page: u64) -> raw::Page {
    raw::Page {
        pool: pool.number(),
        object: HANDLE.object,
        index: HANDLE.index,
        page,
        ..raw::Page::default()
    }
}

fn bad_pages() -> Outcome {
    let tmem = Tmem::open()?;
    let (mut addresses, edge) = nowhere(PAGE)?;
    addresses.push(edge.second() - PAGE as u64 + 1);
    let pool = tmem.create(Kind::Persistent)?;
    pool.put(HANDLE, &page(1))?;
    for address in &addresses {
        let what = format!("a page at {address:#x}");
        let put = send(&tmem, &command::PUT, &mut target(pool, *address));
        fails_with(put, libc::EFAULT, &what)?;
        let get = send(&tmem, &command::GET, &mut target(pool, *address));
        fails_with(get, libc::EFAULT, &what)?;
        same_page(got(pool, HANDLE)?, Some(page(1)), "the older page")?;
    }
    let read_only = Edge::before_read_only()?;
    let get = send(&tmem, &command::GET, &mut target(pool, read_only.second()));
    fails_with(get, libc::EFAULT, "a get into a page that is only read")?;
    send(&tmem, &command::PUT, &mut target(pool, read_only.second()))?;
    same_page(got(pool, HANDLE)?, Some([0; PAGE]), "a put of that page")?;
    // An ephemeral page is taken away before it is known that nobody can have it.
    let pool = tmem.create(Kind::Ephemeral)?;
    pool.put(HANDLE, &page(1))?;
    let get = send(&tmem, &command::GET, &mut target(pool, 0));
    fails_with(get, libc::EFAULT, "a get into nowhere")?;
    same_page(got(pool, HANDLE)?, None, "and then")
}

fn bad_results() -> Outcome {
    let tmem = Tmem::open()?;
    let mut edge = Edge::before_read_only()?;
    // Readable, but not writable: the structure lies in zeroes, which ask for an ephemeral pool.
    for _ in 0..100 {
        let create = ioctl(&tmem, command::CREATE.number(), edge.second());
        fails_with(create, libc::EFAULT, "create")?;
    }
    let half = edge.place(&Create::new(Kind::Persistent), 16);
    let create = ioctl(&tmem, command::CREATE.number(), half);
    fails_with(create, libc::EFAULT, "create")?;
    // None of them is there: all 64 are free.
    (0..64).try_for_each(|_| tmem.create(Kind::Ephemeral).map(drop))?;
    Ok(())
}

fn bad_commands() -> Outcome {
    let tmem = Tmem::open()?;
    let memory = Mapping::new(4 * PAGE, Memory::Private)?;
    let address = memory.bytes().as_ptr() as u64;
    for (name, number, bytes) in commands() {
        let size = |bytes: usize| (number & !(0x3fff << 16)) | ((bytes as u64) << 16);
        let wrong = [
            size(0),
            size(bytes - 1),
            size(bytes - 4),
            size(bytes + 1),
            size(bytes + 8),
            size(0x3fff),
            number ^ (1 << 30),
            number ^ (3 << 30),
            number ^ (1 << 8),
            number & !0xff00,
            number | 0x80,
        ];
        for wrong in wrong {
            let what = format!("{name} as {wrong:#x}");
            let result = ioctl(&tmem, wrong, address);
            fails_with(result, libc::ENOTTY, &what)?;
        }
    }
    let untouched = memory.bytes().iter().all(|byte| *byte == 0);
    equal(untouched, true, "nothing is written")
}

fn reserved() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    pool.put(HANDLE, &page(1))?;
    let content = page(2);
    let good = || target(pool, content.as_ptr() as u64);
    let wrong = |field: &str, result| fails_with(result, libc::EINVAL, field);
    let mut spoiled = raw::Page {
        reserved: 1,
        ..good()
    };
    wrong("put", send(&tmem, &command::PUT, &mut spoiled))?;
    wrong("get", send(&tmem, &command::GET, &mut spoiled))?;
    spoiled.page = 0;
    wrong(
        "flush_page",
        send(&tmem, &command::FLUSH_PAGE, &mut spoiled),
    )?;
    spoiled.index = 0;
    wrong(
        "flush_object",
        send(&tmem, &command::FLUSH_OBJECT, &mut spoiled),
    )?;
    wrong(
        "flush_page's page",
        send(&tmem, &command::FLUSH_PAGE, &mut good()),
    )?;
    let mut spoiled = target(pool, 0);
    wrong(
        "flush_object's index",
        send(&tmem, &command::FLUSH_OBJECT, &mut spoiled),
    )?;
    let mut spoiled = Destroy {
        pool: pool.number(),
        reserved: 1,
    };
    wrong("destroy", send(&tmem, &command::DESTROY, &mut spoiled))?;
    let spoiled = [
        raw::Batch {
            done: 1,
            ..raw::Batch::default()
        },
        raw::Batch {
            reserved: 1 << 63,
            ..raw::Batch::default()
        },
    ];
    for mut batch in spoiled {
        wrong("batch", send(&tmem, &command::BATCH, &mut batch))?;
    }
    same_page(got(pool, HANDLE)?, Some(page(1)), "the page")
}

fn kinds() -> Outcome {
    let tmem = Tmem::open()?;
    let before = tmem.create(Kind::Ephemeral)?.number();
    let create = |kind: u32| Create {
        kind,
        ..Create::default()
    };
    let mut wrong = vec![create(3), create(1 << 31), create(u32::MAX)];
    for kind in KINDS {
        let good = Create::new(kind);
        wrong.push(Create {
            reserved: 1,
            ..good
        });
        wrong.push(Create {
            reserved2: 1,
            ..good
        });
        wrong.push(Create { pool: 1, ..good });
    }
    for kind in [0, 1] {
        let mut with_uuid = create(kind);
        with_uuid.uuid[15] = 1;
        wrong.push(with_uuid);
    }
    for mut create in wrong {
        let what = format!("{create:?}");
        fails_with(
            send(&tmem, &command::CREATE, &mut create),
            libc::EINVAL,
            &what,
        )?;
    }
    let after = tmem.create(Kind::Ephemeral)?.number();
    equal(after, before + 1, "no pool was made")
}

fn numbers() -> Outcome {
    let tmem = Tmem::open()?;
    let real = tmem.create(Kind::Persistent)?.number();
    let near = [real - 1, real + 1, real + 63, real + 64, real ^ (1 << 31)];
    let far = [0, 1, 63, i32::MAX as u32, 1 << 31, u32::MAX - 1, u32::MAX];
    for number in near.into_iter().chain(far) {
        let pool = tmem.pool(number);
        let what = format!("pool {number:#x} beside {real:#x}");
        fails_with(pool.put(HANDLE, &page(1)), libc::ENXIO, &what)?;
        fails_with(got(pool, HANDLE), libc::ENXIO, &what)?;
        fails_with(pool.flush_page(HANDLE), libc::ENXIO, &what)?;
        fails_with(pool.flush_object(HANDLE.object), libc::ENXIO, &what)?;
        fails_with(pool.destroy(), libc::ENXIO, &what)?;
    }
    Ok(())
}

fn reused() -> Outcome {
    let tmem = Tmem::open()?;
    let mut numbers = Vec::new();
    for _ in 0..300 {
        let pool = tmem.create(Kind::Persistent)?;
        ensure!(
            !numbers.contains(&pool.number()),
            "number {} is given again",
            pool.number()
        );
        pool.put(HANDLE, &page(1))?;
        for number in numbers.iter().rev().take(5) {
            fails_with(
                got(tmem.pool(*number), HANDLE),
                libc::ENXIO,
                "an old number",
            )?;
            fails_with(tmem.pool(*number).destroy(), libc::ENXIO, "an old number")?;
        }
        same_page(got(pool, HANDLE)?, Some(page(1)), "the page")?;
        numbers.push(pool.number());
        pool.destroy()?;
    }
    Ok(())
}

fn other_calls() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    pool.put(HANDLE, &page(1))?;
    let file = tmem.as_raw_fd();
    let mut memory = [0u8; PAGE];
    // SAFETY: of a buffer of so many bytes, or a mapping where the kernel likes, which it must refuse.
    unsafe {
        equal(
            libc::read(file, memory.as_mut_ptr().cast(), PAGE),
            -1,
            "read",
        )?;
        equal(libc::write(file, memory.as_ptr().cast(), PAGE), -1, "write")?;
        let mapping = libc::mmap(
            std::ptr::null_mut(),
            PAGE,
            libc::PROT_READ,
            libc::MAP_SHARED,
            file,
            0,
        );
        equal(mapping, libc::MAP_FAILED, "mmap")?;
        libc::lseek(file, 1 << 40, libc::SEEK_SET);
        libc::fsync(file);
        libc::ftruncate(file, 5);
    }
    same_page(got(pool, HANDLE)?, Some(page(1)), "the page")
}

/// ioctl(2) as a 32-bit program calls it: by `int 0x80`, with arguments of 32 bits.
fn ioctl_32(tmem: &Tmem, number: libc::Ioctl, argument: u64) -> i32 {
    const IOCTL: u64 = 54;
    let mut result = IOCTL;
    // SAFETY: as of any ioctl(2). The kernel keeps all registers but the first, and those that 64-bit code has more of.
    unsafe {
        std::arch::asm!(
            "xchg {file}, rbx", "int 0x80", "xchg {file}, rbx",
            file = inout(reg) tmem.as_raw_fd() as u64 => _,
            inout("rax") result, in("rcx") number, in("rdx") argument,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    result as i32
}

fn compat() -> Outcome {
    let tmem = Tmem::open()?;
    // SAFETY: a new mapping, which nobody else has.
    let low = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            2 * PAGE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT,
            -1,
            0,
        )
    };
    ensure!(low != libc::MAP_FAILED, "no memory below 4 GiB");
    let before = stat("pages")?;
    let argument = low.cast::<raw::Page>();
    let content = low.wrapping_byte_add(PAGE);
    let call = |number, name: &str| equal(ioctl_32(&tmem, number, low as u64), 0, name);
    // SAFETY: the mapping is ours, and large and aligned enough for each structure and a page.
    unsafe {
        low.cast::<Create>().write(Create::new(Kind::Persistent));
        call(command::CREATE.number(), "create")?;
        let pool = tmem.pool(low.cast::<Create>().read().pool);
        content.cast::<[u8; PAGE]>().write(page(1));
        argument.write(target(pool, content as u64));
        call(command::PUT.number(), "put")?;
        same_page(got(pool, HANDLE)?, Some(page(1)), "the page it put")?;
        pool.put(HANDLE, &page(2))?;
        call(command::GET.number(), "get")?;
        let read = content.cast::<[u8; PAGE]>().read();
        same_page(Some(read), Some(page(2)), "the page it got")?;
        argument.write(target(pool, 0));
        call(command::FLUSH_PAGE.number(), "flush_page")?;
    }
    equal(stat("pages")?, before, "pages")?;
    let wrong = ioctl_32(&tmem, command::PUT.number(), 0);
    equal(wrong, -libc::EFAULT, "a structure at 0")
}
