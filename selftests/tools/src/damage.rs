// SPDX-License-Identifier: GPL-2.0
//! Damages each stored byte of a page in turn: reading it then gives an error or the page, never another one.

use crate::content::{Class, Content, PAGE};
use crate::device::Device;
use crate::ensure;
use crate::mapping::{Kind, Mapping};
use crate::outcome::{errno_name, Outcome};
use clap::Args;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const HOOK: &str = "/sys/kernel/debug/tmem/corrupt";

#[derive(Args)]
pub struct Options {
    device: PathBuf,
    /// The device's number
    #[arg(long, default_value_t = 0)]
    disk: u32,
    /// How many pages
    #[arg(long)]
    count: u64,
    #[arg(long, value_enum)]
    class: Class,
}

pub fn run(options: &Options) -> Outcome {
    let device = Device::direct(&options.device)?;
    let mut memory = Mapping::new(PAGE, Kind::Private)?;
    let (mut bytes, mut errors) = (0, 0);
    for page in 0..options.count {
        let content = Content::new(options.class, page);
        content.make(memory.bytes_mut());
        device.write(page, memory.bytes())?;
        let mut at = 0;
        while flips(options.disk, page, at)? {
            errors += u64::from(gives_error(&device, page, content, &mut memory, at)?);
            ensure!(
                flips(options.disk, page, at)?,
                "byte {at} of page {page} is gone"
            );
            at += 1;
        }
        device.read(page, memory.bytes_mut())?;
        content.check(memory.bytes())?;
        bytes += at;
    }
    println!("bytes={bytes}\nerrors={errors}");
    Ok(())
}

/// Flips a bit of a stored byte; false if there are no more.
fn flips(disk: u32, page: u64, at: u64) -> Outcome<bool> {
    match fs::write(Path::new(HOOK), format!("{disk} {page} {at}")) {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ERANGE) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether reading the page fails; if not, it must be what it was.
fn gives_error(
    device: &Device,
    page: u64,
    content: Content,
    memory: &mut Mapping,
    at: u64,
) -> Outcome<bool> {
    match device.read(page, memory.bytes_mut()) {
        Err(error) => {
            ensure!(
                is_io_error(&error),
                "byte {at} of page {page} is damaged, and reading it gives {}",
                errno_name(&error)
            );
            Ok(true)
        }
        Ok(()) => {
            content.check(memory.bytes()).map_err(|difference| {
                format!("byte {at} of page {page} is damaged: {difference}")
            })?;
            Ok(false)
        }
    }
}

fn is_io_error(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EIO)
}
