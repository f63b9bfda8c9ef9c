// SPDX-License-Identifier: GPL-2.0
//! Ctrl-C and its like end the guest first, then this program. All `unsafe` code is here: the standard library has no signals.

use std::io;
use std::mem::MaybeUninit;
use std::process::{Child, ExitStatus};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use std::thread;

/// What a shell says of a program that Ctrl-C has ended.
pub const STATUS: u8 = 130;

const SIGNALS: [i32; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

static STOPPED: AtomicBool = AtomicBool::new(false);
/// The process group that has to end; 0: there is none.
static GROUP: AtomicI32 = AtomicI32::new(0);

/// From now on the signals go to a thread of their own. Children do not inherit that: the standard library gives them an empty mask.
pub fn catch() -> io::Result<()> {
    let set = block()?;
    thread::Builder::new().spawn(move || loop {
        let mut signal = 0;
        // SAFETY: both are valid, and the set was initialized by `block`.
        unsafe { libc::sigwait(&set, &mut signal) };
        STOPPED.store(true, SeqCst);
        end_group();
    })?;
    Ok(())
}

fn block() -> io::Result<libc::sigset_t> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initializes the set that the others use; no old mask is asked for.
    let (error, set) = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in SIGNALS {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        let error = libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), ptr::null_mut());
        (error, set.assume_init())
    };
    match error {
        0 => Ok(set),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

fn end_group() {
    let group = GROUP.load(SeqCst);
    if group != 0 {
        // SAFETY: it takes and gives no memory. The group is a child's that was not waited for yet.
        unsafe { libc::kill(-group, libc::SIGTERM) };
    }
}

pub fn stopped() -> bool {
    STOPPED.load(SeqCst)
}

/// From now on the child, which leads a process group, ends when this program is told to.
pub fn ends_with_us(child: &Child) {
    GROUP.store(child.id() as i32, SeqCst);
    // The signal may have come before the child.
    if stopped() {
        end_group();
    }
}

pub fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let status = child.wait();
    GROUP.store(0, SeqCst);
    status
}
