// SPDX-License-Identifier: GPL-2.0
//! /sys/kernel/debug/tmem: faults on purpose.
#![forbid(unsafe_code)]

use crate::{core::size, frontend::Registry};
use kernel::{
    debugfs::{Dir, File},
    prelude::*,
    sync::Arc,
    uaccess::UserSliceReader,
};

/// The longest line that is taken: three numbers.
const LONGEST: usize = 64;

/// The directory; dropping it removes it.
pub struct Debug {
    _corrupt: Pin<KBox<File<Arc<Registry>>>>,
    _directory: Dir,
}

impl Debug {
    /// Makes the directory. May sleep. ENOMEM.
    pub fn create(registry: Arc<Registry>) -> Result<Self> {
        let directory = Dir::new(c"tmem");
        let corrupt = KBox::pin_init(
            directory.write_callback_file(c"corrupt", registry, &corrupt),
            GFP_KERNEL,
        )?;
        Ok(Self {
            _corrupt: corrupt,
            _directory: directory,
        })
    }
}

/// `DISK SLOT BYTE` flips a bit of what is stored, so that a test can see the damage found.
///
/// ENODEV, ENOENT: there is no such disk, or nothing in the slot. EINVAL: not three numbers, or a
/// page of one word, which has no bytes. ERANGE: it has fewer bytes.
fn corrupt(registry: &Arc<Registry>, reader: &mut UserSliceReader) -> Result {
    let mut line = [0; LONGEST];
    let line = line.get_mut(..reader.len()).ok_or(EINVAL)?;
    reader.read_slice(line)?;
    let line = core::str::from_utf8(line).map_err(|_| EINVAL)?;
    let mut numbers = line
        .split_ascii_whitespace()
        .map(|word| size::parse_decimal(word).ok_or(EINVAL));
    let mut next = || numbers.next().ok_or(EINVAL)?;
    let (disk, slot, byte) = (next()?, next()?, next()?);
    if next().is_ok() {
        return Err(EINVAL);
    }
    let disk = u32::try_from(disk).map_err(|_| ENODEV)?;
    let byte = usize::try_from(byte).map_err(|_| ERANGE)?;
    registry.with_device(disk, |device| {
        device.with_volume(|volume| volume.ok_or(ENODEV)?.corrupt(slot, byte))
    })?
}
