// SPDX-License-Identifier: GPL-2.0
//! A block device, page by page.

use crate::content::PAGE;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

const BLKFLSBUF: libc::c_ulong = 0x1261;
const BLKDISCARD: libc::c_ulong = 0x1277;
const BLKZEROOUT: libc::c_ulong = 0x127f;

/// An open device.
pub struct Device {
    file: File,
    bytes: u64,
}

impl Device {
    /// For requests that reach the driver as they are made.
    pub fn direct(path: &Path) -> io::Result<Self> {
        Self::open(path, libc::O_DIRECT)
    }

    /// For requests through the page cache.
    pub fn cached(path: &Path) -> io::Result<Self> {
        Self::open(path, 0)
    }

    fn open(path: &Path, flags: libc::c_int) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(path)?;
        let bytes = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, bytes })
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn pages(&self) -> u64 {
        self.bytes / PAGE as u64
    }

    pub fn read(&self, page: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, page * PAGE as u64)
    }

    pub fn write(&self, page: u64, buffer: &[u8]) -> io::Result<()> {
        self.file.write_all_at(buffer, page * PAGE as u64)
    }

    /// The pages are not needed any more.
    pub fn discard(&self, page: u64, pages: u64) -> io::Result<()> {
        self.range_ioctl(BLKDISCARD, page, pages)
    }

    /// The pages become zeroes.
    pub fn zero(&self, page: u64, pages: u64) -> io::Result<()> {
        self.range_ioctl(BLKZEROOUT, page, pages)
    }

    /// Writes what the page cache holds, and forgets it.
    pub fn flush_cache(&self) -> io::Result<()> {
        self.file.sync_all()?;
        // SAFETY: takes no argument.
        result(unsafe { libc::ioctl(self.file.as_raw_fd(), BLKFLSBUF, 0) })
    }

    fn range_ioctl(&self, request: libc::c_ulong, page: u64, pages: u64) -> io::Result<()> {
        self.range_ioctl_bytes(request, page * PAGE as u64, pages * PAGE as u64)
    }

    /// Discards any range of bytes, misaligned ones too.
    pub fn discard_bytes(&self, start: u64, length: u64) -> io::Result<()> {
        self.range_ioctl_bytes(BLKDISCARD, start, length)
    }

    fn range_ioctl_bytes(&self, request: libc::c_ulong, start: u64, length: u64) -> io::Result<()> {
        let range = [start, length];
        // SAFETY: these ioctls read two u64.
        result(unsafe { libc::ioctl(self.file.as_raw_fd(), request, range.as_ptr()) })
    }
}

fn result(returned: libc::c_int) -> io::Result<()> {
    match returned {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
