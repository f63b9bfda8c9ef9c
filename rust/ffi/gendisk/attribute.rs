// SPDX-License-Identifier: GPL-2.0
//! Attributes of a disk, in /sys/block/NAME.

use super::{operations, Device, Volume};
use crate::ffi::{
    attribute::{self, Attribute, Entry, Host, Raw},
    bindings,
};
use core::{marker::PhantomData, mem::offset_of};

struct OnDisk<V>(PhantomData<V>);

// SAFETY: sysfs calls back only until del_gendisk, and the device outlives that.
unsafe impl<V: Volume> Host for OnDisk<V> {
    type State = Device<V>;
    type Raw = bindings::device;

    unsafe fn state<'a>(raw: *const bindings::device) -> &'a Device<V> {
        // SAFETY: the device of a disk is inside its part 0.
        unsafe {
            let part0 = raw
                .byte_sub(offset_of!(bindings::block_device, bd_device))
                .cast::<bindings::block_device>();
            operations::device((*part0).bd_disk)
        }
    }
}

/// An attribute of a disk in a `static`.
#[repr(transparent)]
pub struct DiskAttribute(Raw<bindings::device_attribute>);

impl DiskAttribute {
    /// For `attribute_group!`.
    pub const fn new<V: Volume, A: Attribute<Device<V>>>() -> Self {
        let mut raw: bindings::device_attribute = pin_init::zeroed();
        raw.attr = attribute::header::<Device<V>, A>();
        raw.__bindgen_anon_1.show = Some(show::<V, A>);
        raw.__bindgen_anon_2.store = Some(store::<V, A>);
        Self(Raw::new(raw))
    }

    /// For `attribute_group!`.
    pub const fn entry(&'static self) -> Entry {
        // SAFETY: a device_attribute begins with its attribute.
        unsafe { self.0.entry() }
    }
}

/// # Safety
///
/// Called by sysfs.
unsafe extern "C" fn show<V: Volume, A: Attribute<Device<V>>>(
    device: *mut bindings::device,
    _: *mut bindings::device_attribute,
    buffer: *mut u8,
) -> isize {
    // SAFETY: called by sysfs with the attribute's host.
    unsafe { attribute::show::<OnDisk<V>, A>(device, buffer) }
}

/// # Safety
///
/// Called by sysfs.
unsafe extern "C" fn store<V: Volume, A: Attribute<Device<V>>>(
    device: *mut bindings::device,
    _: *mut bindings::device_attribute,
    buffer: *const u8,
    count: usize,
) -> isize {
    // SAFETY: called by sysfs with the attribute's host.
    unsafe { attribute::store::<OnDisk<V>, A>(device, buffer, count) }
}
