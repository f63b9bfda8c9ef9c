// SPDX-License-Identifier: GPL-2.0
//! zsmalloc: an arena for compressed pages, each object with the checksum of its bytes.
//!
//! Locks: zsmalloc's own (pool, class, zspage: spinning). Nothing here sleeps but [`Pool::new`],
//! [`Pool`]'s drop and [`Pool::store`].

use super::{bindings, checksum, page::Page};
use crate::core::size::{PAGE_BYTES, PAGE_SIZE};
use core::{
    num::NonZeroUsize,
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

/// Every pool by its number, so that an object can name its pool in one byte.
///
/// # Invariants
///
/// A number changes from a pool to null only when that pool has no object and no `zs_free` is under
/// way in it.
static POOLS: [Atomic<*mut bindings::zs_pool>; 256] = [const { Atomic::new(null_mut()) }; 256];

/// Bytes of an object's handle, which zsmalloc keeps outside its pages.
pub const HANDLE_BYTES: u64 = 8;

/// A zsmalloc pool.
///
/// # Invariants
///
/// `POOLS[number]` is `pool`, which lives until it is replaced there.
pub struct Pool {
    pool: NonNull<bindings::zs_pool>,
    number: u8,
}

// SAFETY: zsmalloc takes its own locks.
unsafe impl Send for Pool {}
// SAFETY: as above.
unsafe impl Sync for Pool {}

/// An object in a pool: some bytes, their length, their checksum, and a mark of the caller's.
/// Dropping it frees the bytes, in any context but an interrupt.
///
/// # Invariants
///
/// `handle` is an object of `POOLS[pool]`, `length` bytes long, owned by this value alone.
pub struct Object<M: Copy> {
    handle: NonZeroUsize,
    checksum: u32,
    length: u16,
    pool: u8,
    mark: M,
}

impl Pool {
    /// A new empty pool. May sleep. ENOMEM; ENOSPC when there are 256 already.
    pub fn new(name: &CStr) -> Result<Self> {
        checksum::detect();
        // SAFETY: the name is copied.
        let pool = unsafe { bindings::zs_create_pool(name.as_char_ptr()) };
        let pool = NonNull::new(pool).ok_or(ENOMEM)?;
        for (number, slot) in (0..=u8::MAX).zip(&POOLS) {
            if slot.cmpxchg(null_mut(), pool.as_ptr(), Full).is_ok() {
                // INVARIANT: just put there.
                return Ok(Self { pool, number });
            }
        }
        // SAFETY: nobody else knows of it, and it is empty.
        unsafe { bindings::zs_destroy_pool(pool.as_ptr()) };
        Err(ENOSPC)
    }

    /// Bytes of the pages that the pool holds. Any context.
    pub fn bytes(&self) -> u64 {
        // SAFETY: the pool lives.
        let pages = unsafe { bindings::zs_get_total_pages(self.pool.as_ptr()) };
        (pages as u64).saturating_mul(PAGE_BYTES)
    }

    /// Pages that compaction has freed since the pool was made.
    pub fn pages_compacted(&self) -> u64 {
        let mut stats = bindings::zs_pool_stats::default();
        // SAFETY: the pool lives, and `stats` is ours.
        unsafe { bindings::zs_pool_stats(self.pool.as_ptr(), &mut stats) };
        stats.pages_compacted.counter as u64
    }

    /// The length from which an object takes a page of its own. Any context.
    pub fn huge_length(&self) -> usize {
        // SAFETY: the pool lives.
        unsafe { bindings::zs_huge_class_size(self.pool.as_ptr()) }
    }

    /// Keeps a copy of `bytes`, 1 to [`PAGE_SIZE`] of them. May sleep, without I/O. EINVAL, ENOMEM.
    pub fn store<M: Copy>(&self, bytes: &[u8], mark: M) -> Result<Object<M>> {
        let mut object = self.allocate(bytes.len(), mark)?;
        // SAFETY: the object is as long as `bytes`.
        unsafe { self.write(&object, bytes.as_ptr().cast_mut().cast()) };
        object.checksum = checksum::of(bytes);
        Ok(object)
    }

    /// Keeps a copy of a page, which may change meanwhile: what is kept has the right checksum all
    /// the same. May sleep, without I/O. ENOMEM.
    pub fn store_page<M: Copy>(&self, page: &Page<'_>, mark: M) -> Result<Object<M>> {
        let mut object = self.allocate(PAGE_SIZE, mark)?;
        // SAFETY: the object is a page long, and so is a page.
        unsafe { self.write(&object, page.as_ptr()) };
        // An object of a page is not split over two, so that nothing is copied there.
        object.checksum = object.with_bytes(&mut [], checksum::of)?;
        Ok(object)
    }

    fn allocate<M: Copy>(&self, length: usize, mark: M) -> Result<Object<M>> {
        if length > PAGE_SIZE {
            return Err(EINVAL);
        }
        // SAFETY: the pool lives; zs_malloc answers any size by a handle or an error.
        let handle = unsafe {
            bindings::zs_malloc(
                self.pool.as_ptr(),
                length,
                bindings::tmem_arena_gfp(),
                bindings::NUMA_NO_NODE,
            )
        } as usize;
        // The last page of addresses are error numbers.
        if handle > usize::MAX - PAGE_SIZE {
            return Err(Error::from_errno(handle as i32));
        }
        // INVARIANT: just allocated, in this pool, with this length.
        Ok(Object {
            handle: NonZeroUsize::new(handle).ok_or(ENOMEM)?,
            checksum: 0,
            length: length as u16,
            pool: self.number,
            mark,
        })
    }

    /// # Safety
    ///
    /// `source` must be as many readable bytes as the object is long.
    unsafe fn write<M: Copy>(&self, object: &Object<M>, source: *mut core::ffi::c_void) {
        // SAFETY: the handle is a live object of that length in this pool; the source as the caller
        // promises.
        unsafe {
            bindings::zs_obj_write(
                self.pool.as_ptr(),
                object.handle.get(),
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
        let Some(slot) = POOLS.get(usize::from(self.number)) else {
            return;
        };
        // The last zs_free may still be on its way out of the pool: it runs under RCU (Object's
        // drop). SAFETY: process context, as drop says.
        unsafe { bindings::synchronize_rcu() };
        slot.store(null_mut(), Relaxed);
        // SAFETY: empty, so that no object names it, and out of POOLS.
        unsafe { bindings::zs_destroy_pool(self.pool.as_ptr()) };
    }
}

impl<M: Copy> Object<M> {
    /// Bytes of the object.
    pub fn length(&self) -> usize {
        self.length.into()
    }

    /// The caller's mark.
    pub fn mark(&self) -> M {
        self.mark
    }

    /// Calls `read` with the object's bytes. They are in `bounce` if the object lies in two pages.
    /// Does not sleep, and `read` must not. EIO when the bytes do not have their checksum, EINVAL
    /// when `bounce` would be needed and is too short.
    pub fn read<R>(&self, bounce: &mut [u8], read: impl FnOnce(&[u8]) -> R) -> Result<R> {
        self.with_bytes(bounce, |bytes| {
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
        self.with_bytes(&mut bounce, |stored| bytes.copy_from_slice(stored))?;
        *bytes.get_mut(at).ok_or(ERANGE)? ^= 1;
        // SAFETY: the handle is a live object of this length, and nobody reads it as `self` is
        // borrowed mutably.
        unsafe {
            bindings::zs_obj_write(
                self.pool_ptr(),
                self.handle.get(),
                bytes.as_mut_ptr().cast(),
                bytes.len(),
            )
        };
        Ok(())
    }

    fn with_bytes<R>(&self, bounce: &mut [u8], read: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let length = self.length();
        if bounce.len() < length && length != PAGE_SIZE {
            return Err(EINVAL);
        }
        // SAFETY: the handle is a live object of `length` bytes, and `bounce` has room for it where
        // it may be used: an object of PAGE_SIZE is never split, as its class is one object a page.
        let bytes = unsafe {
            bindings::zs_obj_read_begin(
                self.pool_ptr(),
                self.handle.get(),
                length,
                bounce.as_mut_ptr().cast(),
            )
        };
        // SAFETY: zsmalloc returned the address of `length` bytes that stay put and unchanged until
        // `read_end`: only the owner writes an object, and `self` is borrowed.
        let result = read(unsafe { slice::from_raw_parts(bytes.cast(), length) });
        // SAFETY: ends what was begun above, with its values.
        unsafe {
            bindings::zs_obj_read_end(self.pool_ptr(), self.handle.get(), length, bytes);
        }
        Ok(result)
    }

    fn pool_ptr(&self) -> *mut bindings::zs_pool {
        POOLS
            .get(usize::from(self.pool))
            .map_or(null_mut(), |slot| slot.load(Relaxed))
    }
}

impl<M: Copy> Drop for Object<M> {
    fn drop(&mut self) {
        let _until_freed = rcu::read_lock();
        // SAFETY: the handle is ours alone, of that pool, which lives as it has an object, and
        // until RCU readers are done after it has none (Pool's drop).
        unsafe { bindings::zs_free(self.pool_ptr(), self.handle.get()) };
    }
}
