// SPDX-License-Identifier: GPL-2.0
//! Buffers for compressing and decompressing, one of each a CPU.
#![forbid(unsafe_code)]

use super::{codec::Workspace, percpu::PerCpu};
use crate::ffi::page::PageBuffer;
use kernel::{
    prelude::*,
    sync::{new_mutex, new_spinlock, Mutex, SpinLock},
};

/// A store's buffers.
pub(super) struct Buffers {
    workspaces: PerCpu<Pin<KBox<Mutex<Workspace>>>>,
    bounces: PerCpu<Pin<KBox<SpinLock<KBox<PageBuffer>>>>>,
}

impl Buffers {
    /// May sleep. ENOMEM.
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            workspaces: PerCpu::new(|| {
                let workspace = Workspace::new()?;
                KBox::pin_init(new_mutex!(workspace, "tmem_workspace"), GFP_KERNEL)
            })?,
            bounces: PerCpu::new(|| {
                let buffer = KBox::init(pin_init::init_zeroed::<PageBuffer>(), GFP_KERNEL)?;
                KBox::pin_init(new_spinlock!(buffer, "tmem_bounce"), GFP_KERNEL)
            })?,
        })
    }

    /// For a put, which may sleep while it holds it.
    pub(super) fn workspace(&self) -> &Mutex<Workspace> {
        self.workspaces.here()
    }

    /// For a get, which does not sleep.
    pub(super) fn bounce(&self) -> &SpinLock<KBox<PageBuffer>> {
        self.bounces.here()
    }

    /// Bytes of memory they hold. May sleep.
    pub(super) fn bytes(&self) -> u64 {
        let workspaces: usize = self
            .workspaces
            .iter()
            .map(|workspace| workspace.lock().bytes())
            .sum();
        let bounces = self.bounces.iter().count() * size_of::<PageBuffer>();
        (workspaces + bounces) as u64
    }
}
