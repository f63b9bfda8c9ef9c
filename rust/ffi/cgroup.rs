// SPDX-License-Identifier: GPL-2.0
//! `struct cgroup`, by inode number: what `page_cgroup_ino` gives of a page.
//!
//! Process context; may sleep. Only cgroups of the caller's cgroup namespace are found: a kernel
//! thread's is the first, which has all.

use super::bindings;
use core::{ffi::CStr as CoreStr, mem::MaybeUninit};
use kernel::{error::to_result, prelude::*, str::CString};

/// What a look at a cgroup says.
pub struct Seen {
    /// The one it is in; [`None`] for the root.
    pub parent: Option<u64>,
    /// The smallest `memory.max` of it and those it is in, in bytes; `u64::MAX` for none.
    pub memory_max: u64,
    /// How much of the last seconds none of its tasks got a CPU that wanted one, in percent.
    pub stalled: u32,
}

/// Looks at cgroup `inode`. ENOENT when there is none any more.
pub fn look(inode: u64) -> Result<Seen> {
    let mut seen = MaybeUninit::<bindings::tmem_cgroup>::uninit();
    // SAFETY: any number may be asked for, and `seen` is room for the answer, which is written
    // when the call succeeds.
    let seen = unsafe {
        to_result(bindings::tmem_cgroup_look(inode, seen.as_mut_ptr()))?;
        seen.assume_init()
    };
    Ok(Seen {
        parent: (seen.parent != 0).then_some(seen.parent),
        memory_max: seen.memory_max,
        stalled: seen.stalled,
    })
}

/// Calls `work` with the path of cgroup `inode` from the root. ENOENT; E2BIG beyond a page;
/// ENOMEM.
pub fn with_path<R>(inode: u64, work: impl FnOnce(&[u8]) -> R) -> Result<R> {
    let mut path = KBox::init(
        pin_init::init_zeroed::<[u8; bindings::PAGE_SIZE]>(),
        GFP_KERNEL,
    )?;
    // SAFETY: `path` is room for as many bytes as the call may write.
    to_result(unsafe { bindings::tmem_cgroup_path(inode, path.as_mut_ptr().cast(), path.len()) })?;
    let path = CoreStr::from_bytes_until_nul(&*path).map_err(|_| E2BIG)?;
    Ok(work(path.to_bytes()))
}

/// The inode number of the cgroup of that path. ENOENT, ENOMEM.
pub fn named(path: &str) -> Result<u64> {
    let path = CString::try_from_fmt(fmt!("{path}"))?;
    let mut inode = 0;
    // SAFETY: the path ends with a NUL, and `inode` is room for the answer.
    to_result(unsafe { bindings::tmem_cgroup_named(path.as_char_ptr(), &mut inode) })?;
    Ok(inode)
}
