// SPDX-License-Identifier: GPL-2.0
//! Pools for other kernel modules (rust/c/include/tmem.h is their contract).
//!
//! No locks of its own.
#![forbid(unsafe_code)]

use crate::{
    ffi::{
        exports::{Api, Handle},
        page::Page,
        uapi,
    },
    pool::{self, Joined, Kind, Limit, Plan, Pools, Quotas},
};
use kernel::{prelude::*, str::CString, sync::Arc};

/// What they call.
pub struct KernelApi(pub Arc<Pools>);

/// Parts of a pool's index, so that CPUs seldom meet.
const SHARDS: usize = 64;

impl Api for KernelApi {
    type Pool = Joined;

    fn create(&self, kind: u32, uuid: Option<[u8; 16]>) -> Result<KBox<Joined>> {
        let kind = match (kind, uuid) {
            (uapi::EPHEMERAL, None) => Kind::Ephemeral,
            (uapi::PERSISTENT, None) => Kind::Persistent,
            (uapi::SHARED, Some(uuid)) => Kind::Shared(uuid),
            _ => return Err(EINVAL),
        };
        let plan = Plan {
            kind,
            owner: CString::try_from_fmt(fmt!("kernel"))?,
            quotas: Quotas::default(),
            limit: Arc::new(Limit::new(), GFP_KERNEL)?,
            shards: SHARDS,
            has_below: false,
        };
        Ok(KBox::new(self.0.create(plan)?, GFP_KERNEL)?)
    }

    fn put(pool: &Joined, handle: &Handle, page: &Page<'_>, inode: u64) -> Result {
        pool.put(&name(handle), page, inode)
    }

    fn get(pool: &Joined, handle: &Handle, page: &Page<'_>) -> Result {
        pool.get(&name(handle), page)
    }

    fn flush_page(pool: &Joined, handle: &Handle) {
        pool.flush_page(&name(handle));
    }

    fn flush_object(pool: &Joined, object: &[u64; 3]) {
        pool.flush_object(object);
    }
}

fn name(handle: &Handle) -> pool::Handle {
    pool::Handle {
        object: handle.object,
        index: handle.index,
    }
}
