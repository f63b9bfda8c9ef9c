// SPDX-License-Identifier: GPL-2.0
//! What an account stands for: cgroups, their settings, and what becomes of a removed one's pages.
//!
//! The way of a put knows a cgroup by its inode number alone, and opens an account for it. All else
//! is the work of a thread that looks at the cgroups when a new one has come, and twice a second:
//! puts its account under that of the cgroup it is in, gives it the settings of that one, follows
//! `memory.max`, and finds out when it was removed. The account of a removed cgroup counts for the
//! nearest living one above until its last page has gone; then it is closed.
//!
//! Locks: `known` (mutex), under which memory is allocated, and a disk may be written for that: no
//! put takes it. Whoever is told of a cgroup that comes is called under it, of one that has gone
//! without it, as a file's reader takes it.
#![forbid(unsafe_code)]

mod known;
mod sums;

pub use known::{InForce, Settings};
pub use sums::Scope;

use crate::{
    account::{Accounts, Owner},
    core::limits::Limit,
    ffi::thread::Work,
    pool::Pools,
};
use core::mem::replace;
use kernel::{
    prelude::*,
    sync::{new_condvar, new_mutex, Arc, CondVar, CondVarTimeoutResult, Mutex},
    time::msecs_to_jiffies,
};
use known::{Known, State};

/// How often all cgroups are looked at, in milliseconds.
const LOOK_MS: u32 = 500;

/// How long [`Cgroups::track`] waits, in milliseconds.
const TRACK_MS: u32 = 5000;

/// Who wants to know which cgroups have an account.
pub trait Watch: Send + Sync {
    /// There is a new one. Called under the lock of [`Cgroups`]. An error is tried again later.
    fn came(&self, cgroups: &Arc<Cgroups>, inode: u64) -> Result;

    /// One was removed.
    fn went(&self, inode: u64);
}

/// All cgroups that have, or had, something.
#[pin_data]
pub struct Cgroups {
    accounts: Arc<Accounts>,
    #[pin]
    known: Mutex<Known>,
    #[pin]
    watcher: Mutex<Option<Arc<dyn Watch>>>,
    #[pin]
    looked: CondVar,
}

impl Cgroups {
    /// May sleep. ENOMEM.
    pub fn new(accounts: Arc<Accounts>) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                accounts,
                known <- new_mutex!(Known::new(), "tmem_cgroups"),
                watcher <- new_mutex!(None, "tmem_cgroup_watcher"),
                looked <- new_condvar!("tmem_looked"),
            }),
            GFP_KERNEL,
        )
    }

    /// Tells `watcher` from now on which cgroups come and go, instead of another. May sleep.
    pub fn watch(&self, watcher: Option<Arc<dyn Watch>>) {
        let before = replace(&mut *self.watcher.lock(), watcher);
        drop(before);
    }

    /// Opens an account for cgroup `inode`, and waits until it is known. May sleep, for some seconds
    /// at worst. ENOMEM; ENOSPC: there are too many; ETIMEDOUT; EINTR.
    pub fn track(&self, inode: u64) -> Result {
        let owner = self.accounts.open(inode)?;
        self.accounts.ring();
        let mut known = self.known.lock();
        let mut left = msecs_to_jiffies(TRACK_MS);
        while !known.is_shown(owner) {
            match self.looked.wait_interruptible_timeout(&mut known, left) {
                CondVarTimeoutResult::Woken { jiffies } => left = jiffies,
                CondVarTimeoutResult::Timeout => return Err(ETIMEDOUT),
                CondVarTimeoutResult::Signal { .. } => return Err(EINTR),
            }
        }
        Ok(())
    }

    /// The settings of cgroup `inode`, inherited ones included. ENOENT. May sleep.
    pub fn settings(&self, inode: u64) -> Result<InForce> {
        let known = self.known.lock();
        Ok(known.in_force(&self.accounts, self.owner(inode)?))
    }

    /// Changes the settings of cgroup `inode` by `set`, for those under it, too, unless they have
    /// their own. ENOENT. May sleep.
    pub fn set(&self, inode: u64, set: impl FnOnce(&mut Settings)) -> Result {
        let mut known = self.known.lock();
        let owner = self.owner(inode)?;
        set(known.settings_mut(owner).ok_or(ENOENT)?);
        known.apply_all(&self.accounts);
        drop(known);
        self.accounts.ring();
        Ok(())
    }

    /// The limit of cgroups for which nobody set one.
    pub fn default_limit(&self) -> Limit {
        self.known.lock().default_limit
    }

    /// Sets that.
    pub fn set_default_limit(&self, limit: Limit) {
        let mut known = self.known.lock();
        known.default_limit = limit;
        known.apply_all(&self.accounts);
    }

    /// What cgroup `inode` and all under it may hold, in bytes; `u64::MAX` for no limit. ENOENT.
    pub fn limit_bytes(&self, inode: u64) -> Result<u64> {
        Ok(self.accounts.limit_bytes(self.owner(inode)?))
    }

    /// Their accounts.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    fn owner(&self, inode: u64) -> Result<Owner> {
        self.accounts.find(inode).ok_or(ENOENT)
    }

    /// Looks at all cgroups.
    fn look(self: &Arc<Self>) {
        let watcher = self.watcher.lock().clone();
        let mut known = self.known.lock();
        for owner in self.accounts.owners() {
            match known.state(owner) {
                State::Unknown => {
                    // Without memory: at the next look.
                    let _ = known.meet(&self.accounts, owner);
                }
                State::Alive => known.refresh(&self.accounts, owner),
                State::Removed => known.retire(&self.accounts, owner),
            }
        }
        if let Some(watcher) = &watcher {
            self.show(&mut known, &**watcher);
        }
        let gone = known.take_gone();
        drop(known);
        self.looked.notify_all();
        if let Some(watcher) = watcher {
            gone.into_iter().for_each(|inode| watcher.went(inode));
        }
    }

    fn show(self: &Arc<Self>, known: &mut Known, watcher: &dyn Watch) {
        for owner in self.accounts.owners() {
            if let Some(inode) = known.to_show(owner) {
                let shown = watcher.came(self, inode).is_ok();
                known.set_shown(owner, shown);
            }
        }
    }
}

/// The thread's work: to know the cgroups, and to keep them within their limits.
pub struct Clerk {
    /// The cgroups.
    pub cgroups: Arc<Cgroups>,
    /// What they hold.
    pub pools: Arc<Pools>,
}

impl Work for Clerk {
    fn work(&self) -> u32 {
        let accounts = &*self.cgroups.accounts;
        self.cgroups.look();
        accounts.return_all();
        accounts.survey();
        accounts.mark_pressed();
        accounts
            .owners()
            .filter(|owner| accounts.is_marked(*owner))
            .for_each(|owner| self.pools.shed(owner));
        accounts.wait_for_news(LOOK_MS);
        0
    }
}
