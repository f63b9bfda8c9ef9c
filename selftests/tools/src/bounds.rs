// SPDX-License-Identifier: GPL-2.0
//! Requests that no disk may do: past the end, or not of whole blocks. Nothing must change, and what is beside them must work.

use crate::content::{Class, Content, PAGE};
use crate::device::Device;
use crate::ensure;
use crate::mapping::{Kind, Mapping};
use crate::outcome::{errno_name, Outcome};
use clap::Args;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    device: PathBuf,
}

pub fn run(options: &Options) -> Outcome {
    let device = Device::direct(&options.device)?;
    let mut memory = Mapping::new(4 * PAGE, Kind::Private)?;
    let last = device.pages() - 1;
    let content = Content::new(Class::Text, 1);
    content.make(memory.page_mut(0));
    device.write(last, memory.page(0))?;
    past_the_end(&device, memory.bytes_mut())?;
    misaligned(&device, memory.bytes_mut())?;
    device.read(last, memory.page_mut(0))?;
    content.check(memory.page(0))?;
    Ok(())
}

fn past_the_end(device: &Device, memory: &mut [u8]) -> Outcome {
    let (file, end) = (device.file(), device.bytes());
    let page = PAGE as u64;
    for start in [
        end,
        end + page,
        end + (1 << 40),
        i64::MAX as u64 - page + 1 - 4095,
    ] {
        let start = start / page * page;
        let read = file.read_at(&mut memory[..PAGE], start)?;
        ensure!(read == 0, "{read} bytes read at {start}, past the end");
        refused(
            file.write_at(&memory[..PAGE], start),
            "ENOSPC",
            "a write past the end",
        )?;
    }
    let read = file.read_at(&mut memory[..4 * PAGE], end - page)?;
    ensure!(read == PAGE, "{read} bytes read across the end, not {PAGE}");
    refused(
        done(device.discard(device.pages(), 1)),
        "EINVAL",
        "a discard past the end",
    )?;
    refused(
        done(device.discard(device.pages() - 1, 2)),
        "EINVAL",
        "a discard across the end",
    )?;
    refused(
        done(device.zero(device.pages(), 1)),
        "EINVAL",
        "zeroes past the end",
    )
}

fn misaligned(device: &Device, memory: &mut [u8]) -> Outcome {
    let file = device.file();
    for (start, length) in [
        (512, PAGE),
        (0, 512),
        (1, PAGE),
        (0, PAGE + 512),
        (4095, 1),
        (2048, 2048),
    ] {
        refused(
            file.read_at(&mut memory[..length], start),
            "EINVAL",
            &format!("a direct read of {length} at {start}"),
        )?;
        refused(
            file.write_at(&memory[..length], start),
            "EINVAL",
            &format!("a direct write of {length} at {start}"),
        )?;
    }
    for (start, length) in [(512, 4096), (4096, 512), (1, 4096)] {
        refused(
            done(device.discard_bytes(start, length)),
            "EINVAL",
            "a misaligned discard",
        )?;
    }
    Ok(())
}

fn done(result: io::Result<()>) -> io::Result<usize> {
    result.map(|()| 0)
}

fn refused(result: io::Result<usize>, name: &str, what: &str) -> Outcome {
    match result {
        Ok(count) => Err(format!("{what} was done ({count} bytes)").into()),
        Err(error) if errno_name(&error) == name => Ok(()),
        Err(error) => Err(format!("{what} gave {}, not {name}", errno_name(&error)).into()),
    }
}
