// SPDX-License-Identifier: GPL-2.0
//! zsmalloc: the arena for compressed pages, each object with the checksum of its bytes.
//!
//! Locks: zsmalloc's own (pool, class, zspage: spinning). Nothing here sleeps but [`Pool::new`],
//! [`Pool`]'s drop and [`Pool::store`].

use super::{bindings, checksum, page::Page};
use crate::core::{
    size::{PAGE_BYTES, PAGE_SIZE},
    size_class,
};
use core::{
    mem::ManuallyDrop,
    num::NonZeroU32,
    ptr::{null_mut, NonNull},
    slice,
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{ordering::Full, ordering::Relaxed, Atomic},
        rcu,
    },
};

/// The pool that there is, if any: objects need not name it.
///
/// # Invariants
///
/// Changes from a pool to null only when that pool has no object and no `zs_free` is under way.
static POOL: Atomic<*mut bindings::zs_pool> = Atomic::new(null_mut());

/// Bytes of an object's handle, which zsmalloc keeps outside its pages.
pub const HANDLE_BYTES: u64 = 8;

/// The zsmalloc pool: one at a time.
///
/// # Invariants
///
/// [`POOL`] is the pool, which lives until it is replaced there.
pub struct Pool(NonNull<bindings::zs_pool>);

// SAFETY: zsmalloc takes its own locks.
unsafe impl Send for Pool {}
// SAFETY: as above.
unsafe impl Sync for Pool {}

/// An object in the pool: some bytes, their length and their checksum. As small as can be, there is one
/// for each page kept. Dropping it frees the bytes, in any context but an interrupt.
///
/// # Invariants
///
/// `high` and `low` are the halves of the complement of the handle of an object of [`POOL`], of
/// `length` bytes and perhaps some more, owned by this value alone. (A handle is a slab's address:
/// never in the last 4 GiB, in user-mode Linux in the first.)
#[repr(Rust, packed(2))]
pub struct Object {
    high: NonZeroU32,
    low: u32,
    checksum: u32,
    length: u16,
}

impl Pool {
    /// A new empty pool. May sleep. ENOMEM; EBUSY when there is one.
    pub fn new(name: &CStr) -> Result<Self> {
        checksum::detect();
        // SAFETY: the name is copied.
        let pool = unsafe { bindings::zs_create_pool(name.as_char_ptr()) };
        let pool = NonNull::new(pool).ok_or(ENOMEM)?;
        if POOL.cmpxchg(null_mut(), pool.as_ptr(), Full).is_ok() {
            // INVARIANT: just put there.
            return Ok(Self(pool));
        }
        // SAFETY: nobody else knows of it, and it is empty.
        unsafe { bindings::zs_destroy_pool(pool.as_ptr()) };
        Err(EBUSY)
    }

    /// Bytes of the pages that the pool holds. Any context.
    pub fn bytes(&self) -> u64 {
        // SAFETY: the pool lives.
        let pages = unsafe { bindings::zs_get_total_pages(self.0.as_ptr()) };
        (pages as u64).saturating_mul(PAGE_BYTES)
    }

    /// Brings objects together, so that pages get free. Does not sleep.
    pub fn compact(&self) {
        // SAFETY: the pool lives.
        unsafe { bindings::zs_compact(self.0.as_ptr()) };
    }

    /// Pages that compaction has freed since the pool was made.
    pub fn pages_compacted(&self) -> u64 {
        let mut stats = bindings::zs_pool_stats::default();
        // SAFETY: the pool lives, and `stats` is ours.
        unsafe { bindings::zs_pool_stats(self.0.as_ptr(), &mut stats) };
        stats.pages_compacted.counter as u64
    }

    /// The length from which an object takes a page of its own. Any context.
    pub fn huge_length(&self) -> usize {
        // SAFETY: the pool lives.
        unsafe { bindings::zs_huge_class_size(self.0.as_ptr()) }
    }

    /// Keeps a copy of `bytes`, 1 to [`PAGE_SIZE`] of them. May sleep, without I/O. EINVAL, ENOMEM.
    pub fn store(&self, bytes: &[u8]) -> Result<Object> {
        let allocated = size_class::allocated(bytes.len(), self.bytes(), self.huge_length());
        let mut object = self.allocate(bytes.len(), allocated)?;
        // SAFETY: the object is as long as `bytes`.
        unsafe { self.write(&object, bytes.as_ptr().cast_mut().cast()) };
        object.checksum = checksum::of(bytes);
        Ok(object)
    }

    /// Keeps a copy of a page, which may change meanwhile: what is kept has the right checksum all
    /// the same. May sleep, without I/O. ENOMEM.
    pub fn store_page(&self, page: &Page<'_>) -> Result<Object> {
        let mut object = self.allocate(PAGE_SIZE, PAGE_SIZE)?;
        // SAFETY: the object is a page long, and so is a page.
        unsafe { self.write(&object, page.as_ptr()) };
        // An object of a page is not split over two, so that nothing is copied there.
        object.checksum = object.peek(&mut [], checksum::of)?;
        Ok(object)
    }

    /// Frees an object, in any context but an interrupt. As dropping it, which takes care as well that
    /// the pool stays for as long: who has the pool need not.
    #[inline]
    pub fn free(&self, object: Object) {
        let object = ManuallyDrop::new(object);
        // SAFETY: the handle is of an object of the pool, this one, and nobody else's; the pool lives.
        unsafe { bindings::zs_free(self.0.as_ptr(), object.handle()) };
    }

    /// An object of `length` in a place for no fewer bytes.
    fn allocate(&self, length: usize, allocated: usize) -> Result<Object> {
        if length == 0 || length > allocated || allocated > PAGE_SIZE {
            return Err(EINVAL);
        }
        // SAFETY: the pool lives; zs_malloc answers any size by a handle or an error.
        let handle = unsafe {
            bindings::zs_malloc(
                self.0.as_ptr(),
                allocated,
                bindings::tmem_arena_gfp(),
                bindings::NUMA_NO_NODE,
            )
        } as usize;
        // The last page of addresses are error numbers.
        if handle > usize::MAX - PAGE_SIZE {
            return Err(Error::from_errno(handle as i32));
        }
        let halves = !(handle as u64);
        // INVARIANT: just allocated, in the pool there is, no shorter than this.
        Ok(Object {
            high: NonZeroU32::new((halves >> 32) as u32).ok_or(ENOMEM)?,
            low: halves as u32,
            checksum: 0,
            length: length as u16,
        })
    }

    /// # Safety
    ///
    /// `source` must be as many readable bytes as the object is long.
    unsafe fn write(&self, object: &Object, source: *mut core::ffi::c_void) {
        // SAFETY: the handle is a live object of that length in this pool; the source as the caller
        // promises.
        unsafe {
            bindings::zs_obj_write(
                self.0.as_ptr(),
                object.handle(),
                source,
                object.length.into(),
            )
        };
    }
}

impl Drop for Pool {
    /// May sleep. A pool that still has objects is never destroyed: they would dangle.
    fn drop(&mut self) {
        if self.bytes() != 0 {
            pr_err!("a zsmalloc pool still has objects: leaked\n");
            return;
        }
        // The last zs_free may still be on its way out of the pool: it runs under RCU (Object's
        // drop). SAFETY: process context, as drop says.
        unsafe { bindings::synchronize_rcu() };
        POOL.store(null_mut(), Relaxed);
        // SAFETY: empty, so that no object is in it, and out of POOL.
        unsafe { bindings::zs_destroy_pool(self.0.as_ptr()) };
    }
}

impl Object {
    /// Bytes of the object.
    pub fn length(&self) -> usize {
        self.length.into()
    }

    /// Calls `read` with the object's bytes. They are in `bounce` if the object lies in two pages.
    /// Does not sleep, and `read` must not. EIO when the bytes do not have their checksum, EINVAL
    /// when `bounce` would be needed and is too short.
    pub fn read<R>(&self, bounce: &mut [u8], read: impl FnOnce(&[u8]) -> R) -> Result<R> {
        self.peek(bounce, |bytes| {
            if checksum::of(bytes) == self.checksum {
                Ok(read(bytes))
            } else {
                Err(EIO)
            }
        })?
    }

    /// Flips one bit of byte `at`: the debug hook. Does not sleep. ERANGE past the end, ENOMEM.
    pub fn corrupt(&mut self, at: usize) -> Result {
        let mut bytes = KVec::from_elem(0, self.length(), GFP_ATOMIC)?;
        let mut bounce = KVec::from_elem(0, self.length(), GFP_ATOMIC)?;
        self.peek(&mut bounce, |stored| bytes.copy_from_slice(stored))?;
        *bytes.get_mut(at).ok_or(ERANGE)? ^= 1;
        // SAFETY: the handle is a live object of this length, and nobody reads it as `self` is
        // borrowed mutably.
        unsafe {
            bindings::zs_obj_write(
                POOL.load(Relaxed),
                self.handle(),
                bytes.as_mut_ptr().cast(),
                bytes.len(),
            )
        };
        Ok(())
    }

    /// As [`Object::read`], but for a caller who finds out by himself whether the bytes are what was
    /// kept.
    pub fn peek<R>(&self, bounce: &mut [u8], read: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let length = self.length();
        if bounce.len() < length && length != PAGE_SIZE {
            return Err(EINVAL);
        }
        // SAFETY: the handle is a live object of `length` bytes, and `bounce` has room for it where
        // it may be used: an object of PAGE_SIZE is never split, as its class is one object a page.
        let bytes = unsafe {
            bindings::zs_obj_read_begin(
                POOL.load(Relaxed),
                self.handle(),
                length,
                bounce.as_mut_ptr().cast(),
            )
        };
        // SAFETY: zsmalloc returned the address of `length` bytes that stay put and unchanged until
        // `read_end`: only the owner writes an object, and `self` is borrowed.
        let result = read(unsafe { slice::from_raw_parts(bytes.cast(), length) });
        // SAFETY: ends what was begun above, with its values.
        unsafe {
            bindings::zs_obj_read_end(POOL.load(Relaxed), self.handle(), length, bytes);
        }
        Ok(result)
    }

    fn handle(&self) -> usize {
        !(u64::from(self.high.get()) << 32 | u64::from(self.low)) as usize
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        let _until_freed = rcu::read_lock();
        // SAFETY: the handle is ours alone, of the pool, which lives as it has an object, and until
        // RCU readers are done after it has none (Pool's drop).
        unsafe { bindings::zs_free(POOL.load(Relaxed), self.handle()) };
    }
}
