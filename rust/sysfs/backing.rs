// SPDX-License-Identifier: GPL-2.0
//! /sys/block/tmemN: the files of the disk below, with zram's names and meanings.
#![forbid(unsafe_code)]

use crate::{
    core::size,
    ffi::{
        attribute::{Attribute, Text},
        gendisk::Device,
    },
    frontend::disk::{Overflow, SwapVolume},
};
use kernel::{prelude::*, str::CString};

type State = Device<SwapVolume>;

/// The path of the disk below, to be chosen before the size; `none` until then.
pub(super) struct BackingDev;

impl Attribute<State> for BackingDev {
    const NAME: &'static CStr = c"backing_dev";
    const MODE: u16 = 0o644;

    fn show(device: &State, out: &mut Text<'_>) -> Result {
        match &*device.settings().backing.lock() {
            Some(backing) => out.value(backing.path()?.to_str()?),
            None => out.value("none"),
        }
    }

    fn store(device: &State, value: &str) -> Result {
        SwapVolume::set_backing(device, &CString::try_from_fmt(fmt!("{value}"))?)
    }
}

/// `bd_count bd_reads bd_writes`: pages that are on the disk below, that were read from it, and
/// written.
pub(super) struct BdStat;

impl Attribute<State> for BdStat {
    const NAME: &'static CStr = c"bd_stat";
    const MODE: u16 = 0o444;

    fn show(device: &State, out: &mut Text<'_>) -> Result {
        let [count, reads, writes] = device.with_volume(|volume| {
            let overflow = volume.and_then(SwapVolume::overflow);
            overflow.map_or([0; 3], Overflow::figures)
        });
        out.value(fmt!("{count:>8} {reads:>8} {writes:>8}"))
    }
}

/// Defines files of the disk below that are 0 or 1: a type, its file's name, what reads and what sets the value.
macro_rules! flag_files {
    ($($(#[$doc:meta])* $name:ident = $file:literal => $get:ident, $set:ident;)*) => {
        $(
            $(#[$doc])*
            pub(super) struct $name;

            impl Attribute<State> for $name {
                const NAME: &'static CStr = $file;
                const MODE: u16 = 0o644;

                fn show(device: &State, out: &mut Text<'_>) -> Result {
                    out.value(u8::from(device.settings().writeback.$get()))
                }

                fn store(device: &State, value: &str) -> Result {
                    device.settings().writeback.$set(super::flag(value)?);
                    Ok(())
                }
            }
        )*
    };
}

flag_files! {
    /// 1 when cold pages go to the disk below in the background.
    WritebackOn = c"writeback" => is_on, set_on;
    /// 1 when pages that do not compress go to the disk below at once.
    WritebackIncompressible = c"writeback_incompressible" => takes_incompressible, set_takes_incompressible;
    /// 1 when `writeback_limit` holds.
    WritebackLimitEnable = c"writeback_limit_enable" => is_limited, set_limited;
}

/// How many pages may still be written back.
pub(super) struct WritebackLimit;

impl Attribute<State> for WritebackLimit {
    const NAME: &'static CStr = c"writeback_limit";
    const MODE: u16 = 0o644;

    fn show(device: &State, out: &mut Text<'_>) -> Result {
        out.value(device.settings().writeback.limit())
    }

    fn store(device: &State, value: &str) -> Result {
        let pages = size::parse_decimal(value).ok_or(EINVAL)?;
        device.settings().writeback.set_limit(pages);
        Ok(())
    }
}
