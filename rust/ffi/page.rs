// SPDX-License-Identifier: GPL-2.0
//! A page of somebody else's memory.
//!
//! The page of a bio may be written by its owner at any time (direct I/O from a buffer in use), so
//! no Rust reference to its bytes ever exists: words are read and written one by one, volatile or
//! by string instructions, and C code gets the pointer.

use crate::core::{same_filled::WORDS, size::PAGE_SIZE};
use core::{arch::asm, marker::PhantomData, ptr::NonNull, sync::atomic::AtomicU8};
use kernel::prelude::*;

/// Page-sized memory of the caller's own, aligned as a page is.
#[repr(C, align(4096))]
#[derive(Zeroable)]
pub struct PageBuffer([u8; PAGE_SIZE]);

/// One page that others may write while it is used.
///
/// # Invariants
///
/// `data` points to [`PAGE_SIZE`] bytes, aligned to 8, readable and writable for `'a`, to which no
/// Rust reference exists that asserts them unchanging.
pub struct Page<'a> {
    data: NonNull<u64>,
    _memory: PhantomData<&'a ()>,
}

impl Page<'_> {
    /// # Safety
    ///
    /// `data` must be as the type's invariant says for as long as the page is used.
    pub(super) unsafe fn new(data: NonNull<u64>) -> Self {
        // INVARIANT: as the caller promises.
        Self {
            data,
            _memory: PhantomData,
        }
    }

    /// Word `index` modulo 512, as it is at this moment.
    #[inline(always)]
    pub fn word(&self, index: usize) -> u64 {
        // SAFETY: by the invariant, with the index below 512, this is inside the page and aligned.
        unsafe { self.data.as_ptr().add(index % WORDS).read_volatile() }
    }

    /// Its bytes, each of which may change at any time.
    pub fn bytes(&self) -> &[AtomicU8; PAGE_SIZE] {
        // SAFETY: by the invariant, PAGE_SIZE bytes that live as long as `self`; atomics promise
        // nobody that they stay.
        unsafe { self.data.cast().as_ref() }
    }

    /// Writes `value` into every word.
    pub fn fill(&self, value: u64) {
        // SAFETY: by the invariant, these are WORDS writable words; the direction flag is clear, as
        // everywhere in the kernel.
        unsafe {
            asm!("rep stosq", inout("rcx") WORDS => _, inout("rdi") self.data.as_ptr() => _, in("rax") value,
                options(nostack, preserves_flags));
        }
    }

    /// Overwrites the page with a page of the caller's.
    pub fn copy_from(&self, bytes: &[u8; PAGE_SIZE]) {
        // SAFETY: `self` is WORDS writable words by the invariant and `bytes`, only read, as many.
        // They do not overlap: no reference exists to a page's bytes. The direction flag is clear,
        // as everywhere in the kernel.
        unsafe {
            asm!("rep movsq", inout("rcx") WORDS => _, inout("rdi") self.data.as_ptr() => _,
                inout("rsi") bytes.as_ptr() => _, options(nostack, preserves_flags));
        }
    }

    /// Copies the page to a page of the caller's.
    pub fn copy_to(&self, bytes: &mut [u8; PAGE_SIZE]) {
        // SAFETY: `self` is WORDS readable words by the invariant and `bytes` as many, ours. They do
        // not overlap: no reference exists to a page's bytes. The direction flag is clear, as
        // everywhere in the kernel.
        unsafe {
            asm!("rep movsq", inout("rcx") WORDS => _, inout("rsi") self.data.as_ptr() => _,
                inout("rdi") bytes.as_mut_ptr() => _, options(nostack, preserves_flags));
        }
    }

    /// For C code that reads or writes at most [`PAGE_SIZE`] bytes.
    pub(super) fn as_ptr(&self) -> *mut core::ffi::c_void {
        self.data.as_ptr().cast()
    }
}

impl PageBuffer {
    /// Its bytes.
    pub fn bytes_mut(&mut self) -> &mut [u8; PAGE_SIZE] {
        &mut self.0
    }

    /// The buffer as a [`Page`].
    pub fn as_page(&mut self) -> Page<'_> {
        let data = NonNull::from(&mut self.0).cast();
        // SAFETY: the buffer is PAGE_SIZE bytes, aligned to more than 8, and borrowed mutably as
        // long as the page lives.
        unsafe { Page::new(data) }
    }
}
