// SPDX-License-Identifier: GPL-2.0
//! All pools there are.
//!
//! Lock order: `lifecycle`, then `state`; both mutexes. What is allocated for a new pool is so under
//! `lifecycle` alone: the allocation may reclaim memory, and so put a page, and a put takes `state`
//! when the store is full. Under `state` nothing is allocated and no I/O waited for.
#![forbid(unsafe_code)]

use super::{followed::Followed, room::Leaving, Handle, Kind, Plan, Pool};
use crate::{
    account::Accounts,
    core::totals::Totals,
    ffi::page::Page,
    store::{Algorithm, Counter, Need, Policy, Sharing, Snapshot, Store},
};
use core::{mem::replace, ops::Deref};
use kernel::{
    prelude::*,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        new_mutex, Arc, Mutex,
    },
};

/// The pools, and the store that keeps their pages while there is one.
#[pin_data]
pub struct Pools {
    policy: Arc<Policy>,
    accounts: Arc<Accounts>,
    /// Pools whose pages may be dropped: with none, nobody need look for such pages.
    ephemeral: Atomic<u32>,
    /// Pages of memory that the kernel was told it may have back.
    pub(super) reclaimable: Atomic<i64>,
    #[pin]
    lifecycle: Mutex<Lifecycle>,
    #[pin]
    pub(super) state: Mutex<State>,
}

struct Lifecycle {
    next: u32,
    /// Pools that there are, with those whose pages are just going: all of them need the store.
    living: usize,
    watcher: Option<KBox<dyn Watch>>,
}

/// Who wants to know which pools there are. Called under `lifecycle`: may sleep, but must not make
/// pools or end them.
pub trait Watch: Send + Sync {
    /// There is a new pool. An error lets it end at once.
    fn came(&self, pools: &Arc<Pools>, id: u32) -> Result;

    /// A pool has ended.
    fn went(&self, id: u32);
}

/// What going through all pools needs.
pub(super) struct State {
    pub(super) store: Option<Arc<Store>>,
    pub(super) members: KVec<Member>,
    /// Which pages leave next, since there is a pool whose pages may be dropped.
    pub(super) leaving: Option<Leaving>,
}

/// A pool, and how many use it.
pub(super) struct Member {
    pub(super) pool: Arc<Pool>,
    users: u32,
}

/// The use of a pool. With the last one the pool ends, and its pages go: dropping it may sleep.
pub struct Joined {
    /// Let go of before it is left, so that what is left is the last.
    pool: Arc<Pool>,
    place: Place,
}

/// A user's place in a pool.
struct Place {
    pools: Arc<Pools>,
    id: u32,
}

impl Pools {
    /// None yet. May sleep. ENOMEM.
    pub fn new(policy: Arc<Policy>, accounts: Arc<Accounts>) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                policy,
                accounts,
                ephemeral: Atomic::new(0),
                reclaimable: Atomic::new(0),
                lifecycle <- new_mutex!(Lifecycle {
                    next: 0,
                    living: 0,
                    watcher: None,
                }, "tmem_lifecycle"),
                state <- new_mutex!(State {
                    store: None,
                    members: KVec::new(),
                    leaving: None,
                }, "tmem_pools"),
            }),
            GFP_KERNEL,
        )
    }

    /// Who pays.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// What contents take at this moment. May sleep. ENOMEM.
    pub fn charges(&self) -> Result<Snapshot> {
        Snapshot::take(&self.accounts, self.store().as_deref())
    }

    /// What holds for all pools.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Sets the codec of pools that have not chosen one, for pages put from now on. May sleep.
    /// ENOMEM, and then it stays.
    pub fn set_algorithm(&self, algorithm: Algorithm) -> Result {
        // A store that is made meanwhile would not be ready for it.
        let _lifecycle = self.lifecycle.lock();
        if let Some(store) = self.store() {
            store.prepare(algorithm, Need::Puts)?;
        }
        self.policy.set_algorithm(algorithm);
        Ok(())
    }

    /// Gets the store, if there is one, ready for gets of what `algorithm` encoded in the background.
    /// May sleep. ENOMEM.
    pub(super) fn make_ready(&self, algorithm: Algorithm) -> Result {
        let _lifecycle = self.lifecycle.lock();
        self.store()
            .map_or(Ok(()), |store| store.prepare(algorithm, Need::Gets))
    }

    /// Makes a pool, or joins the shared one of that UUID. May sleep. ENOMEM.
    pub fn create(self: &Arc<Self>, plan: Plan) -> Result<Joined> {
        let mut lifecycle = self.lifecycle.lock();
        if let Some(pool) = self.join(plan.kind) {
            return Ok(self.joined(pool));
        }
        let store = match self.store() {
            Some(store) => store,
            None => Arc::new(
                Store::new(self.policy.clone(), self.accounts.clone())?,
                GFP_KERNEL,
            )?,
        };
        store.prepare(plan.limit.algorithm(&self.policy), Need::Puts)?;
        let ephemeral = plan.kind.is_ephemeral();
        let id = self.free_id(&mut lifecycle);
        let leaving = self.new_leaving(plan.kind)?;
        let followed = self.followed(&plan, leaving.as_ref())?;
        let pool = Arc::new(Pool::new(id, plan, store.clone(), followed)?, GFP_KERNEL)?;
        let mut members = KVec::with_capacity(self.state.lock().members.len() + 1, GFP_KERNEL)?;
        let mut state = self.state.lock();
        for member in state.members.drain_all() {
            // There is room: nobody else adds any.
            let _ = members.push_within_capacity(member);
        }
        let member = Member {
            pool: pool.clone(),
            users: 1,
        };
        let _ = members.push_within_capacity(member);
        core::mem::swap(&mut state.members, &mut members);
        if leaving.is_some() {
            store.ledger().add_metadata(Leaving::BYTES as i64);
            state.leaving = leaving;
        }
        state.store = Some(store);
        drop(state);
        lifecycle.living = lifecycle.living.saturating_add(1);
        self.ephemeral.fetch_add(u32::from(ephemeral), Relaxed);
        let told = lifecycle
            .watcher
            .as_ref()
            .map_or(Ok(()), |watcher| watcher.came(self, id));
        drop(lifecycle);
        // If nobody can be told, this ends the pool.
        let joined = self.joined(pool);
        told.map(|()| joined)
    }

    /// What those who choose pages that leave need, if the pool of that kind is the first whose pages may be
    /// dropped. Under `lifecycle`. May sleep. ENOMEM.
    fn new_leaving(&self, kind: Kind) -> Result<Option<Leaving>> {
        let is_first = kind.is_ephemeral() && self.state.lock().leaving.is_none();
        is_first.then(Leaving::new).transpose()
    }

    /// What follows the pages of a pool that is to be, if some may leave. May sleep. ENOMEM.
    fn followed(&self, plan: &Plan, leaving: Option<&Leaving>) -> Result<Option<Arc<Followed>>> {
        if plan.has_below {
            return Ok(Some(Arc::new(Followed::new()?, GFP_KERNEL)?));
        }
        let state = self.state.lock();
        let leaving = leaving.or(state.leaving.as_ref());
        Ok(leaving
            .filter(|_| plan.kind.is_ephemeral())
            .map(Leaving::followed))
    }

    /// Tells `watcher` from now on which pools come and go, instead of another. May sleep.
    pub fn watch(&self, watcher: Option<KBox<dyn Watch>>) {
        let before = replace(&mut self.lifecycle.lock().watcher, watcher);
        drop(before);
    }

    fn joined(self: &Arc<Self>, pool: Arc<Pool>) -> Joined {
        Joined {
            place: Place {
                pools: self.clone(),
                id: pool.id,
            },
            pool,
        }
    }

    fn join(&self, kind: Kind) -> Option<Arc<Pool>> {
        if !matches!(kind, Kind::Shared(_)) {
            return None;
        }
        let mut state = self.state.lock();
        let member = state
            .members
            .iter_mut()
            .find(|member| member.pool.kind == kind)?;
        member.users = member.users.checked_add(1)?;
        Some(member.pool.clone())
    }

    pub(super) fn store(&self) -> Option<Arc<Store>> {
        self.state.lock().store.clone()
    }

    /// A number that no pool has: the next one, and not one that was in use a moment ago.
    fn free_id(&self, lifecycle: &mut Lifecycle) -> u32 {
        let state = self.state.lock();
        loop {
            let id = lifecycle.next;
            lifecycle.next = id.wrapping_add(1);
            if state.members.iter().all(|member| member.pool.id != id) {
                return id;
            }
        }
    }

    /// One user less. The last one's pool ends, and with the last pool the store.
    fn leave(&self, id: u32) {
        let Some(pool) = self.drop_user(id) else {
            return;
        };
        if pool.kind.is_ephemeral() {
            self.ephemeral.fetch_sub(1, Relaxed);
        }
        // Nobody finds it any more: this takes its time without a lock.
        pool.clear();
        let mut lifecycle = self.lifecycle.lock();
        drop(pool);
        lifecycle.living = lifecycle.living.saturating_sub(1);
        if let Some(watcher) = &lifecycle.watcher {
            watcher.went(id);
        }
        let mut state = self.state.lock();
        self.tell_reclaimable(state.store.as_deref());
        if lifecycle.living == 0 {
            let (store, leaving) = (state.store.take(), state.leaving.take());
            drop(state);
            drop((store, leaving));
        }
    }

    fn drop_user(&self, id: u32) -> Option<Arc<Pool>> {
        let mut state = self.state.lock();
        let at = state
            .members
            .iter()
            .position(|member| member.pool.id == id)?;
        let member = state.members.get_mut(at)?;
        member.users = member.users.saturating_sub(1);
        if member.users > 0 {
            return None;
        }
        state.members.remove(at).ok().map(|member| member.pool)
    }

    /// Lets puts be tried that were turned away: a limit is another one now. May sleep.
    pub fn room_was_made(&self) {
        for member in self.state.lock().members.iter() {
            member.pool.gate.open();
        }
    }

    /// The sum of all pools' figures, and the store's. May sleep.
    pub fn totals(&self) -> Totals {
        let state = self.state.lock();
        let mut sum = Totals::default();
        for member in state.members.iter() {
            sum.add(&member.pool.totals());
        }
        if let Some(store) = &state.store {
            let shared =
                [Counter::DedupCgroup, Counter::DedupGlobal].map(|counter| store.counted(counter));
            sum.stored_bytes = store.counted(Counter::StoredBytes);
            sum.shared_bytes = store.counted(Counter::SharedBytes);
            sum.recompressed = store.counted(Counter::Recompressed);
            sum.dictionaries = store.dictionaries();
            sum.dedup_pages = shared[0].saturating_add(shared[1]);
            sum.dedup_pending_pages = match self.policy.dedup() {
                Sharing::Alone => sum.dedup_pages,
                Sharing::Cgroup => shared[1],
                Sharing::Global => 0,
            };
            sum.arena_bytes = store.tier().bytes();
            sum.metadata_bytes = store.metadata();
        }
        sum
    }

    /// Calls `work` with pool `id`. ENOENT when there is none. May sleep; `work` must not wait for
    /// a put.
    pub fn with_pool<R>(&self, id: u32, work: impl FnOnce(&Pool) -> R) -> Result<R> {
        let state = self.state.lock();
        let member = state.members.iter().find(|member| member.pool.id == id);
        Ok(work(&member.ok_or(ENOENT)?.pool))
    }

    /// Whether there may be pages to drop.
    pub(super) fn has_ephemeral(&self) -> bool {
        self.ephemeral.load(Relaxed) != 0
    }
}

impl Joined {
    /// The pool, for somebody who lets go of it before this is dropped.
    pub fn share(&self) -> Arc<Pool> {
        self.pool.clone()
    }

    /// Keeps a copy of `page`, which came from cgroup `inode`, under `handle`. May sleep, without
    /// I/O.
    ///
    /// ENOMEM, ENOSPC or EDQUOT when it is refused: the older page, if there was one, is gone then
    /// too.
    pub fn put(&self, handle: &Handle, page: &Page<'_>, inode: u64) -> Result {
        self.overwrite(handle, page, inode, || ()).inspect_err(|_| {
            self.pool.forget(handle);
        })
    }

    /// As [`Joined::put`], but when it is refused the older page stays: a disk's. `arrives` is
    /// called, under a spinlock, when it comes where nothing was.
    pub fn overwrite(
        &self,
        handle: &Handle,
        page: &Page<'_>,
        inode: u64,
        arrives: impl Fn(),
    ) -> Result {
        let make_room = || self.place.pools.make_room();
        self.pool.overwrite(handle, page, inode, make_room, arrives)
    }
}

impl Deref for Joined {
    type Target = Pool;

    fn deref(&self) -> &Pool {
        &self.pool
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pools.leave(self.id);
    }
}
