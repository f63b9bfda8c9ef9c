// SPDX-License-Identifier: GPL-2.0
//! One tmemctl at a time changes the guest. The programs it runs inherit the lock: should it be
//! killed, the lock goes when the last of them has ended, and what they do can be undone.

use crate::error::Error;
use crate::host::Host;
use rustix::fs::{flock, FlockOperation};
use rustix::io::{fcntl_setfd, FdFlags};
use std::fs::{self, File};
use std::io;

pub const DIRECTORY: &str = "/run/tmem";

/// Held while it lives.
pub struct Lock {
    _file: File,
}

impl Lock {
    pub fn take(host: &Host) -> Result<Self, Error> {
        let file = open(host)
            .map_err(|error| Error::new(format!("cannot open {DIRECTORY}/lock: {error}")))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            Error::new("another tmemctl is turning tmem on or off")
                .remedy("wait for it to end and try again")
        })?;
        Ok(Self { _file: file })
    }
}

fn open(host: &Host) -> io::Result<File> {
    fs::create_dir_all(host.path(DIRECTORY))?;
    let file = File::create(host.path(DIRECTORY).join("lock"))?;
    fcntl_setfd(&file, FdFlags::empty())?;
    Ok(file)
}

/// Turning tmem on and off is root's business.
pub fn require_root(host: &Host) -> Result<(), Error> {
    match host.is_root() {
        true => Ok(()),
        false => Err(Error::new("only root may do this").remedy("run it again with sudo")),
    }
}
