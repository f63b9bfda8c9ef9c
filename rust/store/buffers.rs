// SPDX-License-Identifier: GPL-2.0
//! Buffers for compressing and decompressing, one of each a CPU.
#![forbid(unsafe_code)]

use super::codec::{Algorithm, Decoder, Need, Workspace};
use crate::ffi::page::PageBuffer;
use crate::ffi::percpu::PerCpu;
use kernel::{
    prelude::*,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        new_mutex, new_spinlock, Mutex, SpinLock,
    },
};

/// A store's buffers.
pub(super) struct Buffers {
    workspaces: PerCpu<Pin<KBox<Mutex<Workspace>>>>,
    bounces: PerCpu<Pin<KBox<SpinLock<Bounce>>>>,
    /// Two bits for each algorithm: the [`Need`] that they are fit for.
    prepared: Atomic<u32>,
}

/// What reading one page needs.
pub(super) struct Bounce {
    /// For bytes that are kept in two pieces.
    pub(super) buffer: KBox<PageBuffer>,
    pub(super) decoder: Decoder,
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
                let bounce = Bounce {
                    buffer: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
                    decoder: Decoder::default(),
                };
                KBox::pin_init(new_spinlock!(bounce, "tmem_bounce"), GFP_KERNEL)
            })?,
            prepared: Atomic::new(0),
        })
    }

    /// For a put, which may sleep while it holds it.
    pub(super) fn workspace(&self) -> &Mutex<Workspace> {
        self.workspaces.here()
    }

    /// For a get, which does not sleep.
    pub(super) fn bounce(&self) -> &SpinLock<Bounce> {
        self.bounces.here()
    }

    /// Makes them fit for what needs `algorithm`; tells `grown` how many bytes more each holds. May
    /// sleep. ENOMEM.
    pub(super) fn prepare(
        &self,
        algorithm: Algorithm,
        need: Need,
        grown: impl Fn(usize),
    ) -> Result {
        let bits = (need as u32) << (2 * algorithm as u32);
        let prepared = self.prepared.load(Relaxed);
        if prepared & bits == bits {
            return Ok(());
        }
        for (workspace, bounce) in self.workspaces.iter().zip(self.bounces.iter()) {
            let mut extra = algorithm.extra(need)?;
            let mut workspace = workspace.lock();
            let mut bounce = bounce.lock();
            let before = workspace.bytes() + bounce.decoder.bytes();
            workspace.adopt(&mut extra);
            bounce.decoder.adopt(&mut extra);
            let after = workspace.bytes() + bounce.decoder.bytes();
            drop(bounce);
            drop(workspace);
            grown(after - before);
        }
        // Another's bits that are lost have it come here again, for nothing.
        self.prepared.store(prepared | bits, Relaxed);
        Ok(())
    }

    /// Bytes of memory they hold. May sleep.
    pub(super) fn bytes(&self) -> u64 {
        let workspaces: usize = self
            .workspaces
            .iter()
            .map(|workspace| workspace.lock().bytes())
            .sum();
        let bounces: usize = self
            .bounces
            .iter()
            .map(|bounce| size_of::<PageBuffer>() + bounce.lock().decoder.bytes())
            .sum();
        (workspaces + bounces) as u64
    }
}
