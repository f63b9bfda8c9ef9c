// SPDX-License-Identifier: GPL-2.0
//! `memalloc_noio_save`: allocation on the I/O path.

use super::bindings;

/// Runs `work` with every allocation of this task as GFP_NOIO: reclaim may run, but waits for no
/// I/O, which on the I/O path could be this task's own. Process context.
pub fn scope<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: changes a flag of the current task only.
    let flags = unsafe { bindings::tmem_noio_save() };
    let result = work();
    // SAFETY: restores what was saved above, in the same task, innermost first as closures nest.
    unsafe { bindings::tmem_noio_restore(flags) };
    result
}
