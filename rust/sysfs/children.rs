// SPDX-License-Identifier: GPL-2.0
//! Directories that come and go inside one, each under a number.
//!
//! Locks: `each` (mutex), innermost. Directories are removed without it, as their files' readers take
//! locks of those who call here.
#![forbid(unsafe_code)]

use crate::ffi::{attribute::List, kobject::Directory};
use kernel::{
    prelude::*,
    str::CString,
    sync::{new_mutex, Mutex},
};

/// The directories.
#[pin_data]
pub(super) struct Children<P: Send + Sync + 'static, C: Send + Sync + 'static> {
    #[pin]
    each: Mutex<KVec<(u64, Directory<C>)>>,
    parent: Directory<P>,
}

impl<P: Send + Sync, C: Send + Sync> Children<P, C> {
    /// None yet.
    pub(super) fn new(parent: Directory<P>) -> impl PinInit<Self> {
        pin_init!(Self {
            each <- new_mutex!(KVec::new(), "tmem_directories"),
            parent,
        })
    }

    /// Makes one. May sleep. ENOMEM, EEXIST.
    pub(super) fn add(&self, number: u64, state: C, groups: List) -> Result {
        let name = CString::try_from_fmt(fmt!("{number}"))?;
        let directory = Directory::inside(&self.parent, &name, state, groups)?;
        self.each.lock().push((number, directory), GFP_KERNEL)?;
        Ok(())
    }

    /// Removes one, when nobody reads its files any more. May sleep.
    pub(super) fn remove(&self, number: u64) {
        let mut each = self.each.lock();
        let at = each.iter().position(|(known, _)| *known == number);
        let gone = at.and_then(|at| each.remove(at).ok());
        drop(each);
        drop(gone);
    }
}
