// SPDX-License-Identifier: GPL-2.0
//! `local_clock`.

use super::bindings;

/// Nanoseconds of this CPU's scheduler clock. Any context, about 30 instructions; for differences
/// of a task's own readings: CPUs may differ by some microseconds.
pub fn now() -> u64 {
    // SAFETY: has no preconditions.
    unsafe { bindings::tmem_local_clock() }
}
