// SPDX-License-Identifier: GPL-2.0
//! `struct shrinker`: what can give memory back when the kernel wants some.

use super::bindings;
use core::ptr::NonNull;
use kernel::{prelude::*, sync::Arc};

/// What gives memory back. Both are called in reclaim: they must not sleep for others, nor allocate.
pub trait Shrink: Send + Sync + 'static {
    /// Pages of memory that could be given back.
    fn count(&self) -> usize;

    /// Tries to give back `pages` pages of memory: how many it did, or [`None`] when it cannot now.
    fn scan(&self, pages: usize) -> Option<usize>;
}

/// A registered shrinker. Dropping it waits for calls under way: may sleep.
///
/// # Invariants
///
/// `shrinker` is registered, and its private data is what `_state` points to.
pub struct Shrinker<S: Shrink> {
    shrinker: NonNull<bindings::shrinker>,
    _state: Arc<S>,
}

// SAFETY: any task may free it.
unsafe impl<S: Shrink> Send for Shrinker<S> {}
// SAFETY: there is nothing to do with a shared one.
unsafe impl<S: Shrink> Sync for Shrinker<S> {}

impl<S: Shrink> Shrinker<S> {
    /// Registers one. May sleep. ENOMEM.
    pub fn register(name: &'static CStr, state: Arc<S>) -> Result<Self> {
        // SAFETY: the name has no conversions, and is copied.
        let shrinker = unsafe { bindings::shrinker_alloc(0, name.as_char_ptr()) };
        let shrinker = NonNull::new(shrinker).ok_or(ENOMEM)?;
        // SAFETY: ours alone until it is registered; the state lives until after it was freed, as
        // `_state` keeps it.
        unsafe {
            let raw = shrinker.as_ptr();
            (*raw).count_objects = Some(count::<S>);
            (*raw).scan_objects = Some(scan::<S>);
            (*raw).seeks = bindings::DEFAULT_SEEKS as i32;
            (*raw).private_data = core::ptr::from_ref::<S>(&state).cast_mut().cast();
            bindings::shrinker_register(raw);
        }
        // INVARIANT: just registered.
        Ok(Self {
            shrinker,
            _state: state,
        })
    }
}

impl<S: Shrink> Drop for Shrinker<S> {
    fn drop(&mut self) {
        // SAFETY: by the invariant, and this frees it once.
        unsafe { bindings::shrinker_free(self.shrinker.as_ptr()) };
    }
}

/// # Safety
///
/// `shrinker` must be one of a [`Shrinker<S>`].
unsafe fn state<'a, S: Shrink>(shrinker: *mut bindings::shrinker) -> &'a S {
    // SAFETY: by the invariant that is what its private data is.
    unsafe { &*(*shrinker).private_data.cast() }
}

/// # Safety
///
/// Called by the kernel, for a shrinker of a [`Shrinker<S>`].
unsafe extern "C" fn count<S: Shrink>(
    shrinker: *mut bindings::shrinker,
    _: *mut bindings::shrink_control,
) -> usize {
    // SAFETY: as the caller promises.
    unsafe { state::<S>(shrinker) }.count()
}

/// # Safety
///
/// As [`count`].
unsafe extern "C" fn scan<S: Shrink>(
    shrinker: *mut bindings::shrinker,
    control: *mut bindings::shrink_control,
) -> usize {
    // SAFETY: as the caller promises; the control is the caller's for the call.
    let (state, wanted) = unsafe { (state::<S>(shrinker), (*control).nr_to_scan) };
    match state.scan(wanted) {
        Some(pages) => pages,
        // SHRINK_STOP.
        None => usize::MAX,
    }
}
