// SPDX-License-Identifier: GPL-2.0
//! Pools of `/dev/tmem`: what `rust/c/include/uapi/tmem.h` says, as safe Rust.
//!
//! ```no_run
//! use tmem_client::{Handle, Kind, Tmem, PAGE};
//!
//! let tmem = Tmem::open()?;
//! let pool = tmem.create(Kind::Ephemeral)?;
//! let handle = Handle { object: [1, 0, 0], index: 7 };
//! pool.put(handle, &[42; PAGE])?;
//! let mut page = [0; PAGE];
//! if pool.get(handle, &mut page)? {
//!     assert_eq!(page, [42; PAGE]);
//! }
//! # Ok::<(), std::io::Error>(())
//! ```

mod batch;
pub mod raw;

pub use batch::Batch;

use raw::{command, Command};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

/// Bytes of a page.
pub const PAGE: usize = 4096;

/// A page of memory.
pub type Page = [u8; PAGE];

/// Where the device is.
pub const PATH: &str = "/dev/tmem";

/// An open file of the device, and all its pools.
#[derive(Debug)]
pub struct Tmem(File);

/// What becomes of a pool's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They may go at any time, and do when they are got.
    Ephemeral,
    /// They stay until they are flushed.
    Persistent,
    /// They may go at any time; all pools with this UUID are one.
    Shared([u8; 16]),
}

/// A page's name in its pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    pub object: [u64; 3],
    pub index: u64,
}

/// A pool of an open file. It ends with the file, or when it is destroyed.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    tmem: &'a Tmem,
    number: u32,
}

impl Tmem {
    /// Opens the device.
    pub fn open() -> io::Result<Self> {
        Self::open_at(Path::new(PATH))
    }

    /// Opens the device somewhere else.
    pub fn open_at(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Self(file))
    }

    /// Another descriptor of the same open file.
    pub fn duplicate(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// What the module offers.
    pub fn version(&self) -> io::Result<raw::Version> {
        let mut version = raw::Version::default();
        self.call(command::VERSION, &mut version)?;
        Ok(version)
    }

    /// Makes a pool, or joins a shared one.
    pub fn create(&self, kind: Kind) -> io::Result<Pool<'_>> {
        let mut create = raw::Create::new(kind);
        self.call(command::CREATE, &mut create)?;
        Ok(self.pool(create.pool))
    }

    /// The pool of that number, if there is one.
    pub fn pool(&self, number: u32) -> Pool<'_> {
        Pool { tmem: self, number }
    }

    fn call<T>(&self, command: Command<T>, argument: &mut T) -> io::Result<()> {
        // SAFETY: the command reads and writes a `T`; those with addresses in them are made from
        // slices that the caller holds.
        let returned = unsafe { libc::ioctl(self.as_raw_fd(), command.number(), argument) };
        match returned {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl AsRawFd for Tmem {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl Pool<'_> {
    /// Its number in its file.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Keeps a copy of a page. ENOMEM, EDQUOT: refused, and any older copy is gone.
    pub fn put(&self, handle: Handle, page: &Page) -> io::Result<()> {
        let mut target = self.target(handle, page.as_ptr() as u64);
        self.tmem.call(command::PUT, &mut target)
    }

    /// Copies a page back; whether there was one.
    pub fn get(&self, handle: Handle, page: &mut Page) -> io::Result<bool> {
        let mut target = self.target(handle, page.as_mut_ptr() as u64);
        match self.tmem.call(command::GET, &mut target) {
            Ok(()) => Ok(true),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Forgets a page, if there is one.
    pub fn flush_page(&self, handle: Handle) -> io::Result<()> {
        let mut target = self.target(handle, 0);
        self.tmem.call(command::FLUSH_PAGE, &mut target)
    }

    /// Forgets all pages of an object.
    pub fn flush_object(&self, object: [u64; 3]) -> io::Result<()> {
        let mut target = self.target(Handle { object, index: 0 }, 0);
        self.tmem.call(command::FLUSH_OBJECT, &mut target)
    }

    /// Ends the pool.
    pub fn destroy(self) -> io::Result<()> {
        let mut destroy = raw::Destroy {
            pool: self.number,
            reserved: 0,
        };
        self.tmem.call(command::DESTROY, &mut destroy)
    }

    fn target(&self, handle: Handle, page: u64) -> raw::Page {
        raw::Page {
            pool: self.number,
            reserved: 0,
            object: handle.object,
            index: handle.index,
            page,
        }
    }
}
