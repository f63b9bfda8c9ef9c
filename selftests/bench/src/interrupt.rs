// SPDX-License-Identifier: GPL-2.0
//! Ctrl-C and its like end the guest first, then this program. All `unsafe` code is here: the standard library has no signals.

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};

/// What a shell says of a program that Ctrl-C has ended.
pub const STATUS: u8 = 130;

const SIGNALS: [i32; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

static STOPPED: AtomicBool = AtomicBool::new(false);
/// The process group that has to end; 0: there is none.
static GROUP: AtomicI32 = AtomicI32::new(0);

/// From now on the signals are handled here. Children do not inherit that.
pub fn catch() -> io::Result<()> {
    for signal in SIGNALS {
        // SAFETY: the handler does nothing that a handler may not: it uses atomics and kill(2).
        let before = unsafe { libc::signal(signal, handle as extern "C" fn(i32) as usize) };
        if before == libc::SIG_ERR {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

extern "C" fn handle(_signal: i32) {
    STOPPED.store(true, SeqCst);
    end_group();
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
