// SPDX-License-Identifier: GPL-2.0
//! What the block layer calls, and the limits that it is told.

use super::{below::Onward, Device, Outcome, Volume};
use crate::{
    core::{extent::SECTOR, size::PAGE_BYTES},
    ffi::{
        bindings,
        bio::{Bio, Operation},
    },
};
use core::ptr::NonNull;
use kernel::{prelude::*, sync::atomic::ordering::Relaxed};

/// Whole pages only, any number at once; the content of a page must not change under a write (it is
/// read twice), and a request is done when `submit_bio` returns, which lets the swap core skip
/// readahead. So it stays with a disk below: with readahead a server whose clients ask for this and that
/// read a third more pages from there, and took as long.
pub(super) fn limits() -> bindings::queue_limits {
    let mut limits: bindings::queue_limits = pin_init::zeroed();
    let page = PAGE_BYTES as u32;
    limits.logical_block_size = page;
    limits.physical_block_size = page;
    limits.io_min = page;
    limits.io_opt = page;
    limits.max_hw_discard_sectors = u32::MAX - u32::MAX % (PAGE_BYTES / SECTOR) as u32;
    limits.max_write_zeroes_sectors = limits.max_hw_discard_sectors;
    limits.discard_granularity = page;
    limits.features = bindings::TMEM_BLK_FEAT_STABLE_WRITES | bindings::TMEM_BLK_FEAT_SYNCHRONOUS;
    limits
}

/// The callbacks of a disk with contents `V`.
pub(super) fn table<V: Volume>(module: &'static ThisModule) -> bindings::block_device_operations {
    let mut table: bindings::block_device_operations = pin_init::zeroed();
    table.owner = module.as_ptr();
    table.open = Some(open::<V>);
    table.submit_bio = Some(submit_bio::<V>);
    table.swap_slot_free_notify = Some(swap_slot_free_notify::<V>);
    table
}

/// # Safety
///
/// `disk` must be a live disk of a `Device<V>`.
pub(super) unsafe fn device<'a, V: Volume>(disk: *const bindings::gendisk) -> &'a Device<V> {
    // SAFETY: by the device's invariant this is where private_data points.
    unsafe { &*(*disk).private_data.cast() }
}

/// # Safety
///
/// Called by the block layer, with `open_mutex` held.
unsafe extern "C" fn open<V: Volume>(
    disk: *mut bindings::gendisk,
    _mode: bindings::blk_mode_t,
) -> i32 {
    // SAFETY: one of our disks, not yet deleted.
    let device = unsafe { device::<V>(disk) };
    if device.claimed.load(Relaxed) {
        EBUSY.to_errno()
    } else {
        0
    }
}

/// Does a request, and accounts for it if it moves data. Returns what is left of it for the disk
/// below.
fn submit<'a, V: Volume>(device: &'a Device<V>, bio: &Bio) -> Result<Option<Onward<'a, V>>> {
    let operation = bio.operation().ok_or(ENOTSUPP)?;
    let volume = device.volume().ok_or(EIO)?;
    if let Operation::Discard = operation {
        return volume.discard(bio).map(|()| None);
    }
    let start = bio.start_accounting();
    let result = match operation {
        Operation::Write => volume.write(bio),
        _ => volume.read(bio),
    };
    if let Ok(Outcome::Below(part)) = result {
        if let (Some(whole), Some(below)) = (bio.extent(), volume.below()) {
            return Ok(Some(Onward {
                volume,
                below,
                operation,
                whole,
                part,
                start,
            }));
        }
    }
    bio.end_accounting(start);
    result.map(|_| None)
}

/// # Safety
///
/// Called by the block layer, inside the queue, with a request for a disk of `Device<V>`.
unsafe extern "C" fn submit_bio<V: Volume>(raw: *mut bindings::bio) {
    // SAFETY: the block layer passes a live bio, which is ours until it is ended or handed on below.
    let (device, bio) = unsafe {
        (
            device::<V>((*(*raw).bi_bdev).bd_disk),
            Bio::new(NonNull::new_unchecked(raw)),
        )
    };
    let result = submit(device, &bio);
    // SAFETY: ours, of `device`, and ended or handed on here once.
    unsafe {
        match result {
            Ok(Some(onward)) => return onward.send(raw),
            Ok(None) => {}
            Err(error) => (*raw).bi_status = status(error),
        }
        bindings::bio_endio(raw);
    }
}

/// # Safety
///
/// Called by the swap core for a disk of `Device<V>` in use for swap, hence open.
unsafe extern "C" fn swap_slot_free_notify<V: Volume>(
    bdev: *mut bindings::block_device,
    index: usize,
) {
    // SAFETY: the disk is open.
    let device = unsafe { device::<V>((*bdev).bd_disk) };
    if let Some(volume) = device.volume() {
        volume.slot_freed(index as u64);
    }
}

/// No room is said as such, so that a filesystem reports a full disk and not a broken one.
fn status(error: Error) -> u8 {
    match error {
        ENOMEM | ENOSPC => bindings::TMEM_BLK_STS_NOSPC,
        ENOTSUPP => bindings::TMEM_BLK_STS_NOTSUPP,
        _ => bindings::TMEM_BLK_STS_IOERR,
    }
}
