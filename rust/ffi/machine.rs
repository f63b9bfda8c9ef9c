// SPDX-License-Identifier: GPL-2.0
//! What this machine is: memory and CPUs.

use super::bindings;
use crate::core::size::PAGE_BYTES;
use kernel::cpu::CpuId;

/// Bytes of RAM that the kernel manages.
pub fn ram_bytes() -> u64 {
    // SAFETY: has no preconditions.
    let pages = unsafe { bindings::tmem_total_pages() };
    (pages as u64).saturating_mul(PAGE_BYTES)
}

/// Bytes that programs can still get without swapping, as `MemAvailable` says it. Any context;
/// some hundred instructions.
pub fn available_bytes() -> u64 {
    // SAFETY: has no preconditions.
    let pages = unsafe { bindings::si_mem_available() };
    u64::try_from(pages).unwrap_or(0).saturating_mul(PAGE_BYTES)
}

/// Counts kernel memory that can be had at any time (`KReclaimable`), in pages. Any context.
pub fn add_reclaimable_pages(pages: i64) {
    // SAFETY: has no preconditions that memory safety depends on.
    unsafe { bindings::tmem_add_reclaimable(pages as isize) }
}

/// Whether this task is reclaiming memory.
pub fn in_reclaim() -> bool {
    // SAFETY: has no preconditions.
    unsafe { bindings::tmem_in_reclaim() }
}

/// CPUs online now, at least 1.
pub fn online_cpus() -> usize {
    // SAFETY: has no preconditions.
    let cpus = unsafe { bindings::tmem_online_cpus() };
    (cpus as usize).max(1)
}

/// Number of a CPU this ran on: a hint, the task may have moved since.
#[inline]
pub fn this_cpu() -> usize {
    CpuId::current().as_u32() as usize
}

/// Lets others run when the scheduler wants it. Process context without locks.
pub fn cond_resched() {
    // SAFETY: has no preconditions that memory safety depends on.
    unsafe { bindings::tmem_cond_resched() }
}
