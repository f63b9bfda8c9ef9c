// SPDX-License-Identifier: GPL-2.0
//! The task that calls: who it is, and what it may. Process context.

use super::bindings;
use kernel::{current, task::Kuid};

/// Its number in the first PID namespace.
pub fn pid() -> i32 {
    current!().pid()
}

/// The user it acts as.
pub fn user() -> Kuid {
    Kuid::current_euid()
}

/// Whether it has CAP_SYS_ADMIN in the first user namespace.
pub fn is_administrator() -> bool {
    // SAFETY: any capability may be asked for.
    unsafe { bindings::capable(bindings::CAP_SYS_ADMIN as core::ffi::c_int) }
}

/// The number of the cgroup that pays for its memory, as `page_cgroup_ino` gives that of a page.
pub fn cgroup() -> u64 {
    // SAFETY: has no preconditions.
    unsafe { bindings::tmem_current_cgroup() }
}
