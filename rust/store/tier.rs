// SPDX-License-Identifier: GPL-2.0
//! Where bytes live: zsmalloc today.
#![forbid(unsafe_code)]

use crate::ffi::{page::Page, zsmalloc};
use kernel::prelude::*;

/// A place for the bytes of pages.
pub trait Tier: Send + Sync + 'static {
    /// Some bytes that the tier keeps, until it is dropped. Dropping does not sleep.
    type Object: Send;

    /// Bytes that an object costs beyond [`Tier::bytes`].
    const OBJECT_METADATA: u64;

    /// Keeps a copy of `bytes`. May sleep, without I/O. ENOMEM.
    fn store(&self, bytes: &[u8]) -> Result<Self::Object>;

    /// Keeps a copy of a page as it is. May sleep, without I/O. ENOMEM.
    fn store_page(&self, page: &Page<'_>) -> Result<Self::Object>;

    /// Frees an object. Does not sleep. As dropping it, for less.
    fn free(&self, object: Self::Object);

    /// Calls `read` with the bytes, which may be in `bounce`. Does not sleep, nor must `read`. EIO
    /// when they are not what was kept.
    fn read<R>(
        object: &Self::Object,
        bounce: &mut [u8],
        read: impl FnOnce(&[u8]) -> R,
    ) -> Result<R>;

    /// As [`Tier::read`], but the bytes may not be what was kept.
    fn peek<R>(
        object: &Self::Object,
        bounce: &mut [u8],
        read: impl FnOnce(&[u8]) -> R,
    ) -> Result<R>;

    /// Damages byte `at`, as a test of what finds that. Does not sleep. ERANGE, ENOMEM.
    fn corrupt(object: &mut Self::Object, at: usize) -> Result;

    /// How many bytes an object is.
    fn length(object: &Self::Object) -> usize;

    /// Bytes of memory that the tier holds. Any context.
    fn bytes(&self) -> u64;

    /// From this length on a compressed page takes no less room than the page itself.
    fn raw_length(&self) -> usize;
}

impl Tier for zsmalloc::Pool {
    type Object = zsmalloc::Object;

    const OBJECT_METADATA: u64 = zsmalloc::HANDLE_BYTES;

    fn store(&self, bytes: &[u8]) -> Result<Self::Object> {
        self.store(bytes)
    }

    fn store_page(&self, page: &Page<'_>) -> Result<Self::Object> {
        self.store_page(page)
    }

    #[inline]
    fn free(&self, object: Self::Object) {
        self.free(object);
    }

    fn read<R>(
        object: &Self::Object,
        bounce: &mut [u8],
        read: impl FnOnce(&[u8]) -> R,
    ) -> Result<R> {
        object.read(bounce, read)
    }

    fn peek<R>(
        object: &Self::Object,
        bounce: &mut [u8],
        read: impl FnOnce(&[u8]) -> R,
    ) -> Result<R> {
        object.peek(bounce, read)
    }

    fn corrupt(object: &mut Self::Object, at: usize) -> Result {
        object.corrupt(at)
    }

    fn length(object: &Self::Object) -> usize {
        object.length()
    }

    fn bytes(&self) -> u64 {
        self.bytes()
    }

    fn raw_length(&self) -> usize {
        self.huge_length()
    }
}
