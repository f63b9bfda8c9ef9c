// SPDX-License-Identifier: GPL-2.0
//! A page of slots.
//!
//! Neighbouring slots are under different locks: CPUs that work through a range side by side do not
//! meet.
#![forbid(unsafe_code)]

use crate::store::Content;
use kernel::{
    prelude::*,
    sync::{new_spinlock, SpinLock},
};

const LOCKS: usize = 16;
const SLOTS_PER_LOCK: usize = 15;

/// Slots in a leaf.
pub(super) const SLOTS: u64 = (LOCKS * SLOTS_PER_LOCK) as u64;

/// [`SLOTS`] slots, in one page of memory on a kernel without lock debugging.
#[pin_data]
pub(super) struct Leaf {
    #[pin]
    groups: [SpinLock<[Content; SLOTS_PER_LOCK]>; LOCKS],
}

impl Leaf {
    /// Bytes that the allocator takes for a leaf.
    pub(super) const BYTES: u64 = size_of::<Self>().next_power_of_two() as u64;

    /// Empty slots. ENOMEM.
    pub(super) fn new(flags: kernel::alloc::Flags) -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(
            pin_init!(Self {
                groups <- pin_init::pin_init_array_from_fn(|_| {
                    new_spinlock!([const { Content::Empty }; SLOTS_PER_LOCK], "tmem_slots")
                }),
            }),
            flags,
        )
    }

    /// Calls `work` with slot `index` modulo [`SLOTS`], which nobody else uses for as long. `work`
    /// must not sleep.
    #[inline]
    pub(super) fn with<R>(&self, index: u64, work: impl FnOnce(&mut Content) -> R) -> R {
        let index = (index % SLOTS) as usize;
        work(&mut self.groups[index % LOCKS].lock()[index / LOCKS])
    }
}
