// SPDX-License-Identifier: GPL-2.0
//! /sys/kernel/debug/tmem: faults on purpose, a trace, and what is charged to whom at one moment.
#![forbid(unsafe_code)]

use crate::{
    core::size,
    frontend::{recorder::Recorder, Registry},
    pool::Pools,
    store::Policy,
};
use core::fmt;
use kernel::{
    debugfs::{BinaryReader, BinaryWriter, Dir, File},
    fs::file,
    prelude::*,
    sync::Arc,
    uaccess::{UserSliceReader, UserSliceWriter},
};

/// The longest line that is taken: three numbers.
const LONGEST: usize = 64;

/// The directory; dropping it removes it.
pub struct Debug {
    _corrupt: Pin<KBox<File<Arc<Registry>>>>,
    _weak: Pin<KBox<File<Arc<Policy>>>>,
    _trace: Pin<KBox<File<Trace>>>,
    _charges: Pin<KBox<File<Arc<Pools>>>>,
    _directory: Dir,
}

impl Debug {
    /// Makes the directory. May sleep. ENOMEM.
    pub fn create(
        registry: Arc<Registry>,
        policy: Arc<Policy>,
        recorder: Arc<Recorder>,
        pools: Arc<Pools>,
    ) -> Result<Self> {
        let directory = Dir::new(c"tmem");
        let corrupt = KBox::pin_init(
            directory.write_callback_file(c"corrupt", registry, &corrupt),
            GFP_KERNEL,
        )?;
        let weak = KBox::pin_init(
            directory.write_callback_file(c"weak_hash", policy, &weak_hash),
            GFP_KERNEL,
        )?;
        let trace = KBox::pin_init(
            directory.read_write_binary_file(c"trace", Trace(recorder)),
            GFP_KERNEL,
        )?;
        let charges = KBox::pin_init(
            directory.read_callback_file(c"charges", pools, &charges),
            GFP_KERNEL,
        )?;
        Ok(Self {
            _corrupt: corrupt,
            _weak: weak,
            _trace: trace,
            _charges: charges,
            _directory: directory,
        })
    }
}

/// `DISK SLOT BYTE` flips a bit of what is stored, so that a test can see the damage found.
///
/// ENODEV, ENOENT: there is no such disk, or nothing in the slot. EINVAL: not three numbers, or a
/// page of one word, which has no bytes. ERANGE: it has fewer bytes.
fn corrupt(registry: &Arc<Registry>, reader: &mut UserSliceReader) -> Result {
    let [disk, slot, byte] = numbers(reader)?;
    let disk = u32::try_from(disk).map_err(|_| ENODEV)?;
    let byte = usize::try_from(byte).map_err(|_| ERANGE)?;
    registry.with_device(disk, |device| {
        device.with_volume(|volume| volume.ok_or(ENODEV)?.corrupt(slot, byte))
    })?
}

/// `1`: all pages have the same hash, in stores that are made from now on; `0`: no longer. So a test can
/// put pages that collide, which takes the key otherwise. EINVAL.
fn weak_hash(policy: &Arc<Policy>, reader: &mut UserSliceReader) -> Result {
    match numbers(reader)? {
        [is_weak @ (0 | 1)] => {
            policy.set_weak(is_weak == 1);
            Ok(())
        }
        _ => Err(EINVAL),
    }
}

/// What happens to the pages of swap disks, recorded (core/trace.rs). `1` begins a trace, `0` ends it; what is read is gone. A
/// read that finds nothing is the end of the file: whoever wants more reads again.
struct Trace(Arc<Recorder>);

impl BinaryWriter for Trace {
    fn write_to_slice(&self, out: &mut UserSliceWriter, _: &mut file::Offset) -> Result<usize> {
        self.0.read(out)
    }
}

impl BinaryReader for Trace {
    fn read_from_slice(&self, reader: &mut UserSliceReader, _: &mut file::Offset) -> Result<usize> {
        let length = reader.len();
        match numbers(reader)? {
            [1] => self.0.start()?,
            [0] => self.0.stop(),
            _ => return Err(EINVAL),
        }
        Ok(length)
    }
}

/// A line for each cgroup that has an account: `INODE BYTES`, contents that it alone holds; then
/// `shared BYTES`, contents that several hold, and `stored BYTES`, which was counted apart from
/// these: their sum, at any moment.
fn charges(pools: &Arc<Pools>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let charges = pools.charges().map_err(|_| fmt::Error)?;
    for (inode, bytes) in &charges.resident {
        writeln!(out, "{inode} {bytes}")?;
    }
    writeln!(out, "shared {}", charges.shared)?;
    writeln!(out, "stored {}", charges.stored)
}

/// A line of as many numbers. EINVAL.
fn numbers<const N: usize>(reader: &mut UserSliceReader) -> Result<[u64; N]> {
    let mut line = [0; LONGEST];
    let line = line.get_mut(..reader.len()).ok_or(EINVAL)?;
    reader.read_slice(line)?;
    let line = core::str::from_utf8(line).map_err(|_| EINVAL)?;
    let mut words = line.split_ascii_whitespace();
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = words.next().and_then(size::parse_decimal).ok_or(EINVAL)?;
    }
    words.next().map_or(Ok(numbers), |_| Err(EINVAL))
}
