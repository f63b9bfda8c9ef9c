// SPDX-License-Identifier: GPL-2.0
//! Ctrl-C and its like end the guest first, then this program.

use rustix::process::{kill_process_group, Pid, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use std::thread;

/// What a shell says of a program that Ctrl-C has ended.
pub const STATUS: u8 = 130;

static STOPPED: AtomicBool = AtomicBool::new(false);
/// The process group that has to end; 0: there is none.
static GROUP: AtomicI32 = AtomicI32::new(0);

/// From now on the signals are handled here. Children do not inherit that.
pub fn catch() -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            STOPPED.store(true, SeqCst);
            end_group();
        }
    });
    Ok(())
}

fn end_group() {
    if let Some(group) = Pid::from_raw(GROUP.load(SeqCst)) {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::Term);
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
