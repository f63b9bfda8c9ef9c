// SPDX-License-Identifier: GPL-2.0
//! /sys/block/tmemN: a disk's files, with zram's names and meanings.
#![forbid(unsafe_code)]

use super::backing::{
    BackingDev, BdStat, WritebackIncompressible, WritebackLimit, WritebackLimitEnable, WritebackOn,
};
use crate::{
    attribute_group,
    core::{size::PAGE_BYTES, totals::Totals},
    ffi::{
        attribute::{Attribute, Groups, List, Text},
        gendisk::{Device, DiskAttribute},
    },
    frontend::disk::SwapVolume,
    store::{Algorithm, Counter},
};
use kernel::prelude::*;

type State = Device<SwapVolume>;

/// The files of every disk.
pub fn attributes() -> List {
    static GROUPS: Groups<2> = Groups::new([Some(&GROUP), None]);
    GROUPS.list()
}

attribute_group!(GROUP, DiskAttribute::<SwapVolume>, None =>
    Disksize, Initstate, Reset, MemLimit, MemUsedMax, CompAlgorithm, MmStat, IoStat,
    BackingDev, BdStat, WritebackOn, WritebackIncompressible, WritebackLimitEnable, WritebackLimit);

/// The disk's size in bytes: set once, until a reset.
struct Disksize;

impl Attribute<State> for Disksize {
    const NAME: &'static CStr = c"disksize";
    const MODE: u16 = 0o644;

    fn show(device: &State, out: &mut Text<'_>) -> Result {
        out.value(device.with_volume(|volume| volume.map_or(0, SwapVolume::bytes)))
    }

    fn store(device: &State, value: &str) -> Result {
        SwapVolume::publish(device, super::bytes(value)?)
    }
}

/// 1 when the disk has a size.
struct Initstate;

impl Attribute<State> for Initstate {
    const NAME: &'static CStr = c"initstate";
    const MODE: u16 = 0o444;

    fn show(device: &State, out: &mut Text<'_>) -> Result {
        out.value(u8::from(device.with_volume(|volume| volume.is_some())))
    }
}

/// A number other than 0 takes contents, size and limits away.
struct Reset;

impl Attribute<State> for Reset {
    const NAME: &'static CStr = c"reset";
    const MODE: u16 = 0o200;

    fn store(device: &State, value: &str) -> Result {
        match u16::try_from(super::number(value)?) {
            Ok(1..) => SwapVolume::withdraw(device),
            _ => Err(EINVAL),
        }
    }
}

/// The most that the disk's arena may hold, in bytes; 0 for no limit.
struct MemLimit;

impl Attribute<State> for MemLimit {
    const NAME: &'static CStr = c"mem_limit";
    const MODE: u16 = 0o644;

    fn show(device: &State, out: &mut Text<'_>) -> Result {
        out.value(device.settings().limit.bytes())
    }

    /// Rounded up to pages, as zram does it.
    fn store(device: &State, value: &str) -> Result {
        let bytes = super::bytes(value)?
            .checked_next_multiple_of(PAGE_BYTES)
            .ok_or(EINVAL)?;
        device.settings().limit.set_bytes(bytes);
        device.with_volume(|volume| volume.map(|volume| volume.pool().room_was_made()));
        Ok(())
    }
}

/// 0 starts the maximum in `mm_stat` anew.
struct MemUsedMax;

impl Attribute<State> for MemUsedMax {
    const NAME: &'static CStr = c"mem_used_max";
    const MODE: u16 = 0o200;

    fn store(device: &State, value: &str) -> Result {
        if super::number(value)? != 0 {
            return Err(EINVAL);
        }
        device.with_volume(|volume| {
            if let Some(volume) = volume {
                volume.pool().reset_used_max();
            }
        });
        Ok(())
    }
}

/// The codec of the disk, to be chosen before its size.
struct CompAlgorithm;

impl Attribute<State> for CompAlgorithm {
    const NAME: &'static CStr = c"comp_algorithm";
    const MODE: u16 = 0o644;

    fn show(device: &State, out: &mut Text<'_>) -> Result {
        let settings = device.settings();
        out.choice(
            Algorithm::NAMES,
            settings.limit.algorithm(settings.pools.policy()).name(),
        )
    }

    fn store(device: &State, value: &str) -> Result {
        let algorithm = Algorithm::named(value).ok_or(EINVAL)?;
        device.with_volume(|volume| match volume {
            Some(_) => Err(EBUSY),
            None => {
                device.settings().limit.set_algorithm(algorithm);
                Ok(())
            }
        })
    }
}

/// `orig_data_size compr_data_size mem_used_total mem_limit mem_used_max same_pages pages_compacted
/// huge_pages huge_pages_since`.
struct MmStat;

impl Attribute<State> for MmStat {
    const NAME: &'static CStr = c"mm_stat";
    const MODE: u16 = 0o444;

    fn show(device: &State, out: &mut Text<'_>) -> Result {
        let (totals, max, compacted) = device.with_volume(|volume| match volume {
            Some(volume) => {
                let pool = volume.pool();
                let totals = Totals {
                    arena_bytes: pool.used_bytes(),
                    ..pool.totals()
                };
                let compacted = pool.store().tier().pages_compacted();
                (totals, pool.used_max(), compacted)
            }
            None => (Totals::default(), 0, 0),
        });
        out.value(fmt!(
            "{:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
            totals.logical_bytes(),
            totals.stored_bytes,
            totals.arena_bytes,
            device.settings().limit.bytes(),
            max,
            totals.same_filled_pages,
            compacted,
            totals.raw_pages,
            totals.raw_pages_since,
        ))
    }
}

/// `failed_reads failed_writes invalid_io notify_free`.
struct IoStat;

impl Attribute<State> for IoStat {
    const NAME: &'static CStr = c"io_stat";
    const MODE: u16 = 0o444;

    fn show(device: &State, out: &mut Text<'_>) -> Result {
        let counted = |counter| {
            device.with_volume(|volume| volume.map_or(0, |volume| volume.pool().counted(counter)))
        };
        out.value(fmt!(
            "{:>8} {:>8} {:>8} {:>8}",
            counted(Counter::FailedReads),
            counted(Counter::FailedWrites),
            counted(Counter::InvalidIo),
            counted(Counter::NotifyFree),
        ))
    }
}
