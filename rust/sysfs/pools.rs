// SPDX-License-Identifier: GPL-2.0
//! /sys/kernel/tmem/pools/ID: what each pool holds, for root alone.
//!
//! Locks: those of children.rs, under the pools' `lifecycle`; a file's reader takes their `state`.
#![forbid(unsafe_code)]

use super::{children::Children, module};
use crate::{
    attribute_group,
    ffi::{
        attribute::{Attribute, Groups, Text},
        kobject::{Directory, KobjectAttribute},
    },
    pool::{Pool, Pools, Watch},
};
use kernel::{prelude::*, sync::Arc};

/// The directories of all pools.
type Files = Children<(), View>;

/// What a pool's files show.
pub struct View {
    pools: Arc<Pools>,
    id: u32,
}

/// The directory, as long as this lives. The pools end before it does.
pub struct Shown(Arc<Pools>);

impl Shown {
    /// Makes the directory inside that of the module. May sleep. ENOMEM.
    pub fn create(parent: &Directory<module::State>, pools: Arc<Pools>) -> Result<Self> {
        static GROUPS: Groups<1> = Groups::new([None]);
        let root = Directory::for_root_inside(parent, c"pools", (), GROUPS.list())?;
        let files = KBox::pin_init(Files::new(root), GFP_KERNEL)?;
        pools.watch(Some(KBox::new(files, GFP_KERNEL)?));
        Ok(Self(pools))
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.watch(None);
    }
}

impl Watch for Pin<KBox<Files>> {
    fn came(&self, pools: &Arc<Pools>, id: u32) -> Result {
        static GROUPS: Groups<2> = Groups::new([Some(&FILES), None]);
        let view = View {
            pools: pools.clone(),
            id,
        };
        self.add(id.into(), view, GROUPS.list())
    }

    fn went(&self, id: u32) {
        self.remove(id.into());
    }
}

impl View {
    fn with<R>(&self, look: impl FnOnce(&Pool) -> R) -> Result<R> {
        self.pools.with_pool(self.id, look)
    }
}

value_files! {
    FILES of View:
    Kind = c"kind" => |view, out| view.with(|pool| out.value(pool.kind().name()))?,
    Owner = c"owner" => |view, out| view.with(|pool| out.value(pool.owner().to_str().unwrap_or("?")))?,
    Objects = c"objects" => |view, out| view.with(|pool| out.value(pool.objects()))?,
    Pages = c"pages" => |view, out| view.with(|pool| out.value(pool.totals().pages))?,
    StoredBytes = c"stored_bytes" => |view, out| view.with(|pool| out.value(pool.totals().stored_bytes))?,
}
