// SPDX-License-Identifier: GPL-2.0
//! The module's parameters and version, which live in `rust/c/helpers.c`: `module!` knows integers
//! only.

use super::bindings;
use kernel::str::{CStr, CStrExt};

/// How many disks to make at load.
pub fn disks() -> u32 {
    // SAFETY: has no preconditions.
    unsafe { bindings::tmem_param_disks() }
}

/// The size of each, as it was written; [`None`] when it was not given.
pub fn disksize() -> Option<&'static str> {
    // SAFETY: has no preconditions.
    let text = unsafe { bindings::tmem_param_disksize() };
    if text.is_null() {
        return None;
    }
    // SAFETY: a charp parameter is a NUL-terminated string that lives as long as the module; mode
    // 0444 lets nobody change it after load.
    unsafe { CStr::from_char_ptr(text) }.to_str().ok()
}

/// The module's version, as modinfo says it.
pub fn version() -> &'static str {
    // SAFETY: returns a string literal of the module.
    let text = unsafe { CStr::from_char_ptr(bindings::tmem_version()) };
    text.to_str().unwrap_or("")
}
