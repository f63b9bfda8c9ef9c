// SPDX-License-Identifier: GPL-2.0
//! What contents take, in sums that were true at one moment.
//!
//! What belongs together is counted under a shard's lock (tally.rs). Who wants to see all at one moment
//! closes every shard for that; who counts waits for that long, which is some instructions an account.
//!
//! Locks: `reading` (spinlock, so that who closes shards is not stopped before they are open again),
//! then a shard's, one at a time. Nothing sleeps but where said.
#![forbid(unsafe_code)]

use super::{Counter, Shard, Store, Tier};
use crate::account::{Accounts, Count};
use core::hint::spin_loop;
use kernel::{
    alloc::KVVec,
    prelude::*,
    sync::lock::{spinlock::SpinLockBackend, Guard},
};

/// What contents took at one moment, in bytes.
pub struct Snapshot {
    /// Of each account, by the cgroup's inode number: contents that it alone holds.
    pub resident: KVVec<(u64, u64)>,
    /// Contents that several accounts hold.
    pub shared: u64,
    /// All contents, as they were counted apart from that.
    pub stored: u64,
}

impl Snapshot {
    /// What contents of a store take at this moment, if there is one. May sleep before. ENOMEM.
    pub fn take(accounts: &Accounts, store: Option<&Store>) -> Result<Self> {
        let mut resident = KVVec::with_capacity(accounts.places(), GFP_KERNEL)?;
        let closed = store.map(Store::close);
        for owner in accounts.owners() {
            if let Some(inode) = accounts.inode(owner) {
                let bytes = accounts.counted(owner, Count::ResidentBytes);
                // There is room, but for the accounts of a level that is just new.
                let _ = resident.push_within_capacity((inode, bytes));
            }
        }
        let counted = |counter| store.map_or(0, |store| store.counted(counter));
        let (shared, stored) = (counted(Counter::SharedBytes), counted(Counter::StoredBytes));
        drop(closed);
        Ok(Self {
            resident,
            shared,
            stored,
        })
    }
}

/// A store in which nothing is counted.
struct Closed<'a, T: Tier> {
    store: &'a Store<T>,
    _reading: Guard<'a, (), SpinLockBackend>,
}

impl<T: Tier> Drop for Closed<'_, T> {
    fn drop(&mut self) {
        self.store.set_closed(false);
    }
}

impl<T: Tier> Store<T> {
    fn close(&self) -> Closed<'_, T> {
        let reading = self.reading.lock();
        self.set_closed(true);
        Closed {
            store: self,
            _reading: reading,
        }
    }

    fn set_closed(&self, closed: bool) {
        for shard in &self.shards {
            shard.lock().is_closed = closed;
        }
    }

    /// A shard in which contents can be counted.
    #[inline]
    pub(super) fn open(&self, number: u8) -> Guard<'_, Shard<T>, SpinLockBackend> {
        loop {
            let shard = self.shard(number).lock();
            if !shard.is_closed {
                return shard;
            }
            drop(shard);
            spin_loop();
        }
    }
}
