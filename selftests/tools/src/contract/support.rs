// SPDX-License-Identifier: GPL-2.0
//! What the cases share.

use crate::content::{Class, Content};
use crate::ensure;
use crate::mapping::{Kind as Memory, Mapping};
use crate::outcome::Outcome;
use std::fmt::Debug;
use std::os::fd::AsRawFd;
use std::{fs, io};
use tmem_client::raw::Command;
use tmem_client::{Handle, Kind, Page, Tmem, PAGE};

pub const HANDLE: Handle = Handle {
    object: [1, 2, 3],
    index: 4,
};

/// One of each kind; nobody else has the UUID.
pub const KINDS: [Kind; 3] = [
    Kind::Ephemeral,
    Kind::Persistent,
    Kind::Shared(*b"tmem-test-shared"),
];

/// Page number `seed`, of whatever content.
pub fn page(seed: u64) -> Page {
    let mut page = [0; PAGE];
    Content::new(Class::Mixed, seed).make(&mut page);
    page
}

/// What a get finds.
pub fn got(pool: tmem_client::Pool<'_>, handle: Handle) -> io::Result<Option<Page>> {
    let mut page = [0; PAGE];
    Ok(pool.get(handle, &mut page)?.then_some(page))
}

pub fn equal<T: PartialEq + Debug>(found: T, wanted: T, what: &str) -> Outcome {
    ensure!(found == wanted, "{what}: {found:?}, not {wanted:?}");
    Ok(())
}

/// Pages are long to print.
pub fn same_page(found: Option<Page>, wanted: Option<Page>, what: &str) -> Outcome {
    ensure!(
        found.is_some() == wanted.is_some(),
        "{what}: there must {}be a page",
        if wanted.is_some() { "" } else { "not " }
    );
    ensure!(found == wanted, "{what}: it is another page");
    Ok(())
}

/// What a call failed with: 0 if it did not.
pub fn errno<T>(result: &io::Result<T>) -> i32 {
    result
        .as_ref()
        .err()
        .map_or(0, |error| error.raw_os_error().unwrap_or(-1))
}

pub fn fails_with<T>(result: io::Result<T>, wanted: i32, what: &str) -> Outcome {
    let found = errno(&result);
    ensure!(
        found == wanted,
        "{what}: {}, not {}",
        io::Error::from_raw_os_error(found),
        io::Error::from_raw_os_error(wanted)
    );
    Ok(())
}

/// Any command with any argument.
pub fn ioctl(tmem: &Tmem, number: libc::Ioctl, argument: u64) -> io::Result<()> {
    // SAFETY: what the kernel may write is either memory that the cases made for it, or none of ours, which it finds out.
    let returned = unsafe { libc::ioctl(tmem.as_raw_fd(), number, argument) };
    match returned {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A command with its structure as it stands.
pub fn send<T>(tmem: &Tmem, command: &Command<T>, argument: &mut T) -> io::Result<()> {
    ioctl(tmem, command.number(), std::ptr::from_mut(argument) as u64)
}

/// A figure of the module's.
pub fn stat(name: &str) -> Outcome<u64> {
    let text = fs::read_to_string(format!("/sys/kernel/tmem/stats/{name}"))?;
    Ok(text.trim().parse()?)
}

/// Two pages of memory, of which the second is given up, or may only be read.
pub struct Edge(Mapping);

impl Edge {
    pub fn before_nothing() -> Outcome<Self> {
        let edge = Self(Mapping::new(2 * PAGE, Memory::Private)?);
        // SAFETY: the second page of a mapping, to which no reference is made from here on.
        let done = unsafe { libc::mprotect(edge.second() as _, PAGE, libc::PROT_NONE) };
        equal(done, 0, "mprotect")?;
        Ok(edge)
    }

    pub fn before_read_only() -> Outcome<Self> {
        let edge = Self(Mapping::new(2 * PAGE, Memory::Private)?);
        // SAFETY: as above.
        let done = unsafe { libc::mprotect(edge.second() as _, PAGE, libc::PROT_READ) };
        equal(done, 0, "mprotect")?;
        Ok(edge)
    }

    /// The address of the second page.
    pub fn second(&self) -> u64 {
        self.0.bytes().as_ptr() as u64 + PAGE as u64
    }

    /// Writes so many bytes' worth of a structure before the edge, and all of it if there is room; its address.
    pub fn place<T: Copy>(&mut self, value: &T, before: usize) -> u64 {
        let start = PAGE - before;
        let length = size_of::<T>().min(before);
        // SAFETY: plain structures of integers without holes.
        let bytes =
            unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast::<u8>(), length) };
        self.0.page_mut(0)[start..start + length].copy_from_slice(bytes);
        self.second() - before as u64
    }
}
