// SPDX-License-Identifier: GPL-2.0
//! Loads and unloads a module, without the programs that usually do it: these cost more than the kernel's part.

use crate::outcome::Outcome;
use clap::Args;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    /// The module's file
    file: PathBuf,
    /// Its name, once loaded
    name: String,
    #[arg(long)]
    cycles: u64,
    /// Parameters
    #[arg(long, default_value = "")]
    parameters: String,
}

pub fn run(options: &Options) -> Outcome {
    let file = File::open(&options.file)?;
    let (name, parameters) = (
        CString::new(options.name.as_str())?,
        CString::new(options.parameters.as_str())?,
    );
    for cycle in 0..options.cycles {
        // SAFETY: an open file and a string.
        let loaded = unsafe {
            libc::syscall(
                libc::SYS_finit_module,
                file.as_raw_fd(),
                parameters.as_ptr(),
                0,
            )
        };
        said(loaded).map_err(|error| format!("load {cycle}: {error}"))?;
        // SAFETY: a string.
        let unloaded =
            unsafe { libc::syscall(libc::SYS_delete_module, name.as_ptr(), libc::O_NONBLOCK) };
        said(unloaded).map_err(|error| format!("unload {cycle}: {error}"))?;
    }
    println!("cycles={}", options.cycles);
    Ok(())
}

fn said(returned: libc::c_long) -> io::Result<()> {
    match returned {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
