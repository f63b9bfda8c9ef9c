// SPDX-License-Identifier: GPL-2.0
//! Loads and unloads a module, without the programs that usually do it: these cost more than the kernel's part.

use crate::outcome::Outcome;
use clap::Args;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

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
    for cycle in 0..options.cycles {
        load(&options.file, &options.parameters)
            .map_err(|error| format!("load {cycle}: {error}"))?;
        unload(&options.name).map_err(|error| format!("unload {cycle}: {error}"))?;
    }
    println!("cycles={}", options.cycles);
    Ok(())
}

pub fn load(file: &Path, parameters: &str) -> io::Result<()> {
    let file = File::open(file)?;
    let parameters = CString::new(parameters)?;
    // SAFETY: an open file and a string.
    let loaded = unsafe {
        libc::syscall(
            libc::SYS_finit_module,
            file.as_raw_fd(),
            parameters.as_ptr(),
            0,
        )
    };
    said(loaded)
}

pub fn unload(name: &str) -> io::Result<()> {
    let name = CString::new(name)?;
    // SAFETY: a string.
    said(unsafe { libc::syscall(libc::SYS_delete_module, name.as_ptr(), libc::O_NONBLOCK) })
}

fn said(returned: libc::c_long) -> io::Result<()> {
    match returned {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
