// SPDX-License-Identifier: GPL-2.0
//! What `rust/c/include/uapi/tmem.h` says, and programs' memory as its structures.

use super::{bindings, page::PageBuffer};
use kernel::{
    prelude::*,
    transmute::{AsBytes, FromBytes},
    uaccess::{UserPtr, UserSlice},
};

pub use super::bindings::{
    tmem_batch as Batch, tmem_create as Create, tmem_destroy as Destroy,
    tmem_operation as Operation, tmem_page as Page, tmem_version as Version,
};

macro_rules! plain {
    ($($type:ty),*) => {
        $(
            // SAFETY: integers alone, each at an offset that its size divides, with no hole between
            // them (the header names what would be one).
            unsafe impl FromBytes for $type {}
            // SAFETY: as above.
            unsafe impl AsBytes for $type {}
        )*
    };
}

plain!(Batch, Create, Destroy, Operation, Page, Version);

/// A command's number, which tells its structure's size.
pub mod command {
    use super::bindings;

    pub const VERSION: u32 = bindings::TMEM_COMMAND_VERSION;
    pub const CREATE: u32 = bindings::TMEM_COMMAND_CREATE;
    pub const DESTROY: u32 = bindings::TMEM_COMMAND_DESTROY;
    pub const PUT: u32 = bindings::TMEM_COMMAND_PUT;
    pub const GET: u32 = bindings::TMEM_COMMAND_GET;
    pub const FLUSH_PAGE: u32 = bindings::TMEM_COMMAND_FLUSH_PAGE;
    pub const FLUSH_OBJECT: u32 = bindings::TMEM_COMMAND_FLUSH_OBJECT;
    pub const BATCH: u32 = bindings::TMEM_COMMAND_BATCH;
}

pub use bindings::{
    TMEM_EPHEMERAL as EPHEMERAL, TMEM_OP_FLUSH_OBJECT as OP_FLUSH_OBJECT,
    TMEM_OP_FLUSH_PAGE as OP_FLUSH_PAGE, TMEM_OP_GET as OP_GET, TMEM_OP_PUT as OP_PUT,
    TMEM_PERSISTENT as PERSISTENT, TMEM_SHARED as SHARED, TMEM_UAPI_VERSION as VERSION,
};

/// An address that a program gave, valid or not.
#[derive(Clone, Copy)]
pub struct Address(usize);

impl Address {
    /// EFAULT for one that this machine does not have.
    pub fn new(address: u64) -> Result<Self> {
        usize::try_from(address).map(Self).map_err(|_| EFAULT)
    }

    fn slice(self, bytes: usize) -> UserSlice {
        UserSlice::new(UserPtr::from_addr(self.0), bytes)
    }

    /// Reads a structure. May sleep. EFAULT.
    pub fn read<T: FromBytes>(self) -> Result<T> {
        self.slice(size_of::<T>()).reader().read()
    }

    /// Writes a structure. May sleep. EFAULT, and any part of it may be written.
    pub fn write<T: AsBytes>(self, value: &T) -> Result {
        self.slice(size_of::<T>()).writer().write(value)
    }

    /// The address so many bytes after it.
    pub fn plus(self, bytes: usize) -> Self {
        Self(self.0.wrapping_add(bytes))
    }

    /// Reads a page. May sleep. EFAULT.
    pub fn read_page(self, page: &mut PageBuffer) -> Result {
        self.slice(size_of::<PageBuffer>())
            .reader()
            .read_slice(page.bytes_mut())
    }

    /// Writes a page. May sleep. EFAULT, and any part of it may be written.
    pub fn write_page(self, page: &mut PageBuffer) -> Result {
        self.slice(size_of::<PageBuffer>())
            .writer()
            .write_slice(page.bytes_mut())
    }
}
