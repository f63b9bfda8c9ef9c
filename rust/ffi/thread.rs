// SPDX-License-Identifier: GPL-2.0
//! A kernel thread.

use super::bindings;
use core::{ffi::c_void, ptr::NonNull};
use kernel::{prelude::*, sync::Arc};

/// What a thread does.
pub trait Work: Send + Sync + 'static {
    /// Works for a while, and says after how many milliseconds to call it again. May sleep.
    fn work(&self) -> u32;
}

/// When a thread gets a CPU.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// As others do.
    Normal,
    /// When nobody else wants it (`SCHED_IDLE`).
    Idle,
}

/// A running thread. Dropping it waits until its present piece of work is done: may sleep.
///
/// # Invariants
///
/// `task` is a thread made by `tmem_thread_run` and not yet stopped; its data is what `_work` points
/// to.
pub struct Thread<W: Work> {
    task: NonNull<bindings::task_struct>,
    _work: Arc<W>,
}

// SAFETY: any task may stop or wake it.
unsafe impl<W: Work> Send for Thread<W> {}
// SAFETY: as above.
unsafe impl<W: Work> Sync for Thread<W> {}

impl<W: Work> Thread<W> {
    /// Starts one. May sleep. ENOMEM.
    pub fn start(name: &CStr, priority: Priority, work: Arc<W>) -> Result<Self> {
        let data = core::ptr::from_ref::<W>(&work).cast_mut().cast();
        // SAFETY: `data` lives as long as the thread runs: `_work` keeps it until after the thread
        // was stopped, and `main::<W>` knows its type. The name is copied.
        let task = unsafe {
            bindings::tmem_thread_run(
                Some(main::<W>),
                data,
                name.as_char_ptr(),
                priority == Priority::Idle,
            )
        };
        Ok(Self {
            // INVARIANT: just made.
            task: NonNull::new(task).ok_or(ENOMEM)?,
            _work: work,
        })
    }

    /// Ends its pause. If it just begins one, that may be missed. Any context.
    pub fn wake(&self) {
        // SAFETY: by the invariant.
        unsafe { bindings::wake_up_process(self.task.as_ptr()) };
    }
}

impl<W: Work> Drop for Thread<W> {
    fn drop(&mut self) {
        // SAFETY: by the invariant, and this stops it once.
        unsafe { bindings::kthread_stop(self.task.as_ptr()) };
    }
}

/// # Safety
///
/// `data` must be a `W` that lives until the thread was stopped.
unsafe extern "C" fn main<W: Work>(data: *mut c_void) -> i32 {
    // SAFETY: as the caller promises.
    let work = unsafe { &*data.cast::<W>() };
    // SAFETY: this is a kernel thread.
    while unsafe { !bindings::kthread_should_stop() } {
        let pause = work.work();
        // SAFETY: as above.
        unsafe { bindings::tmem_thread_sleep(pause) };
    }
    0
}

/// Whether nobody else can run on this CPU now. The scheduler takes others that wait elsewhere for a CPU with no more than a
/// `SCHED_IDLE` thread to an idle one, so they come here soon. Any context.
pub fn is_alone() -> bool {
    // SAFETY: has no preconditions.
    unsafe { bindings::single_task_running() }
}

/// Nanoseconds that this task waited for a CPU while it could have run, since it was made.
pub fn waited_ns() -> u64 {
    // SAFETY: has no preconditions.
    unsafe { bindings::tmem_run_delay() }
}

/// Nanoseconds of CPU time that this task took since it was made.
pub fn worked_ns() -> u64 {
    // SAFETY: has no preconditions.
    unsafe { bindings::tmem_run_time() }
}
