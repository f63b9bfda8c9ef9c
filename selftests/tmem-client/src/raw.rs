// SPDX-License-Identifier: GPL-2.0
//! The structures and commands of `uapi/tmem.h`, for those who want to send what no safe call does.

use crate::Kind;
use std::marker::PhantomData;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version {
    pub version: u32,
    pub page_bytes: u32,
    pub most_pools: u32,
    pub most_batched: u32,
    pub most_objects: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Create {
    pub kind: u32,
    pub reserved: u32,
    pub uuid: [u8; 16],
    pub pool: u32,
    pub reserved2: u32,
}

impl Create {
    /// As the kernel wants it.
    pub fn new(kind: Kind) -> Self {
        let (kind, uuid) = match kind {
            Kind::Ephemeral => (0, [0; 16]),
            Kind::Persistent => (1, [0; 16]),
            Kind::Shared(uuid) => (2, uuid),
        };
        Self {
            kind,
            uuid,
            ..Self::default()
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Destroy {
    pub pool: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    pub pool: u32,
    pub reserved: u32,
    pub object: [u64; 3],
    pub index: u64,
    pub page: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Operation {
    pub operation: u32,
    pub status: i32,
    pub target: Page,
}

/// Values of [`Operation::operation`].
pub mod operation {
    pub const PUT: u32 = 0;
    pub const GET: u32 = 1;
    pub const FLUSH_PAGE: u32 = 2;
    pub const FLUSH_OBJECT: u32 = 3;
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch {
    pub count: u32,
    pub done: u32,
    pub operations: u64,
    pub reserved: u64,
}

/// A command whose argument is a `T`.
pub struct Command<T>(u32, PhantomData<T>);

const WRITE: u32 = 1;
const READ: u32 = 2;

impl<T> Command<T> {
    const fn new(direction: u32, number: u32) -> Self {
        const MAGIC: u32 = 0xbc;
        let size = size_of::<T>() as u32;
        Self(
            (direction << 30) | (size << 16) | (MAGIC << 8) | number,
            PhantomData,
        )
    }

    /// For ioctl(2).
    pub const fn number(&self) -> libc::Ioctl {
        self.0 as libc::Ioctl
    }
}

/// The commands.
pub mod command {
    use super::*;

    pub const VERSION: Command<Version> = Command::new(READ, 0);
    pub const CREATE: Command<Create> = Command::new(READ | WRITE, 1);
    pub const DESTROY: Command<Destroy> = Command::new(WRITE, 2);
    pub const PUT: Command<Page> = Command::new(WRITE, 3);
    pub const GET: Command<Page> = Command::new(WRITE, 4);
    pub const FLUSH_PAGE: Command<Page> = Command::new(WRITE, 5);
    pub const FLUSH_OBJECT: Command<Page> = Command::new(WRITE, 6);
    pub const BATCH: Command<Batch> = Command::new(READ | WRITE, 7);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes that the header's structures have in C, which the numbers of the commands carry.
    #[test]
    fn sizes_are_those_of_the_header() {
        assert_eq!(size_of::<Version>(), 24);
        assert_eq!(size_of::<Create>(), 32);
        assert_eq!(size_of::<Destroy>(), 8);
        assert_eq!(size_of::<Page>(), 48);
        assert_eq!(size_of::<Operation>(), 56);
        assert_eq!(size_of::<Batch>(), 24);
        assert_eq!(command::BATCH.number() as u32, 0xc018_bc07);
    }
}
