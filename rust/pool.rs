// SPDX-License-Identifier: GPL-2.0
//! Whose page it is: from (pool, object, index) to what the store keeps; and which pages leave when
//! there is no room for all.
//!
//! The contract, whatever the frontend: a put may be refused, and then any older page under its
//! handle is gone; a get never gives a page older than the last put, and after one that missed they
//! miss until a put. An ephemeral page may go at any time; a get that hits in a private ephemeral
//! pool takes the page away. A persistent page stays until it is flushed.
//!
//! Locks, from the outermost in: `lifecycle` (mutex, pools.rs: making and ending pools), `state`
//! (mutex, pools.rs: going through all pools), an index's shards (spinlocks, index.rs), the store's.
//! A put takes `state` only to make room; nobody allocates under `state` in a way that could wait
//! for a put. Gets and flushes take spinlocks alone.
#![forbid(unsafe_code)]

mod cold;
mod flush;
mod followed;
mod get;
mod index;
mod leaf;
mod limit;
mod pools;
mod put;
mod quota;
mod room;
mod shrink;
mod tend;

pub use cold::{Cold, Found};
pub use leaf::SLOTS as BLOCK;
pub use limit::Limit;
pub use pools::{Joined, Pools, Watch};
pub use quota::{Quota, Quotas};
pub use tend::Tender;

use crate::{
    account::{Count, Owner},
    core::totals::{self, Totals},
    store::{Content, Counter, Counters, Counts, Gate, Shape, Store},
};
use followed::Followed;
use index::{Change, Index};
use kernel::{
    prelude::*,
    str::CString,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        Arc,
    },
};

/// An object's number, as large as a file handle.
pub type ObjectId = [u64; 3];

/// A page's name in its pool.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Handle {
    /// The object.
    pub object: ObjectId,
    /// The page's number in it.
    pub index: u64,
}

/// What becomes of a pool's pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They may go at any time, and do when they are got.
    Ephemeral,
    /// They stay until they are flushed.
    Persistent,
    /// They may go at any time; all who know this UUID use them.
    Shared([u8; 16]),
}

impl Kind {
    /// Its name in `pools/ID/kind`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ephemeral => "ephemeral",
            Self::Persistent => "persistent",
            Self::Shared(_) => "shared",
        }
    }

    fn is_ephemeral(&self) -> bool {
        *self != Self::Persistent
    }
}

/// A pool.
pub struct Pool {
    id: u32,
    kind: Kind,
    owner: CString,
    index: Index,
    store: Arc<Store>,
    counters: Counters,
    objects: Atomic<i64>,
    gate: Gate,
    limit: Arc<Limit>,
    quotas: Quotas,
    /// If some may leave.
    followed: Option<Arc<Followed>>,
    /// The arena at the last look, and the most that this pool's part of it ever was.
    arena_seen: Atomic<u64>,
    used_max: Atomic<u64>,
}

/// What a pool is to be.
pub struct Plan {
    /// What becomes of its pages.
    pub kind: Kind,
    /// What it is called to an administrator.
    pub owner: CString,
    /// What its pages and objects are taken from.
    pub quotas: Quotas,
    /// What an administrator sets for it.
    pub limit: Arc<Limit>,
    /// In how many parts its index is, so that CPUs do not meet.
    pub shards: usize,
    /// Whether there is a disk below for which pages may leave.
    pub has_below: bool,
}

impl Pool {
    /// May sleep. ENOMEM.
    fn new(
        id: u32,
        plan: Plan,
        store: Arc<Store>,
        followed: Option<Arc<Followed>>,
    ) -> Result<Self> {
        let index = Index::new(plan.shards)?;
        let counters = Counters::new()?;
        store.ledger().add_metadata(index.bytes() as i64);
        Ok(Self {
            id,
            kind: plan.kind,
            owner: plan.owner,
            index,
            store,
            counters,
            objects: Atomic::new(0),
            gate: Gate::new(),
            limit: plan.limit,
            quotas: plan.quotas,
            followed,
            arena_seen: Atomic::new(0),
            used_max: Atomic::new(0),
        })
    }

    /// What becomes of its pages.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Bytes that the page under `handle` takes; 0 if there is none. Does not sleep.
    pub fn stored_length(&self, handle: &Handle) -> usize {
        self.index
            .hold(handle, &self.store, |mut held, _| held.length())
            .unwrap_or(0)
    }

    /// Damages byte `at` of what is kept under `handle`. ENOENT, EINVAL for a page of one word,
    /// ERANGE past the end, ENOMEM. Does not sleep.
    pub fn corrupt(&self, handle: &Handle, at: usize) -> Result {
        self.index
            .hold(handle, &self.store, |mut held, _| held.corrupt(at))
            .unwrap_or(Err(ENOENT))
    }

    /// Drops the page under `handle` if it is one that is `wanted`, and `leaves` by when it came or was last
    /// asked for; whether it did.
    fn evict(
        &self,
        handle: &Handle,
        wanted: impl Fn(Owner) -> bool,
        leaves: impl FnOnce(Option<u16>) -> bool,
    ) -> bool {
        let came = |content: &Content| self.store.hold(content).came().map(|(came, _)| came);
        let (content, change) = self.index.take_if(handle, |content, _| {
            wanted(content.owner()) && leaves(came(content))
        });
        let Some(content) = content else {
            return false;
        };
        self.store
            .accounts()
            .of(content.owner())
            .tally(Count::Evictions, 1);
        let counts = self.counters.here();
        counts.add(Counter::Evictions, 1);
        self.gave_up(content, change, counts);
        true
    }

    /// A page left the index.
    #[inline(never)]
    fn gave_up(&self, content: Content, change: Change, counts: &Counts) {
        self.let_go(content, change, counts);
    }

    /// As [`Pool::gave_up`], but compiled into where it is called: for who has many to let go.
    #[inline(always)]
    fn let_go(&self, content: Content, change: Change, counts: &Counts) {
        self.note(change);
        self.quotas.give_page();
        self.release(content, counts);
    }

    #[inline(always)]
    fn release(&self, content: Content, counts: &Counts) {
        let (shape, account) = self.store.release(content);
        count(counts, shape, -1);
        account.leave(self.kind.is_ephemeral());
    }

    #[inline]
    fn note(&self, change: Change) {
        if change.leaves != 0 {
            self.note_leaves(change);
        }
    }

    #[inline(never)]
    fn note_leaves(&self, change: Change) {
        self.objects.add(change.objects, Relaxed);
        if change.objects < 0 {
            self.quotas.give_object();
        }
        self.store
            .ledger()
            .add_metadata(change.leaves.saturating_mul(leaf::BYTES));
    }

    /// Lets puts be tried that were turned away: a limit is another one now.
    pub fn room_was_made(&self) {
        self.gate.open();
    }

    /// Counts what the pool itself does not see.
    pub fn tally(&self, counter: Counter, by: i64) {
        self.counters.add(counter, by);
    }

    /// How often something happened.
    pub fn counted(&self, counter: Counter) -> u64 {
        self.counters.sum(counter)
    }

    /// Its objects.
    pub fn objects(&self) -> u64 {
        self.objects.load(Relaxed).max(0).unsigned_abs()
    }

    /// What it is called to an administrator.
    pub fn owner(&self) -> &CStr {
        &self.owner
    }

    /// What keeps its pages.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its part of the arena, in bytes: as large as its part of the bytes in it, where a content
    /// counts in full for each reference.
    pub fn used_bytes(&self) -> u64 {
        let store = &self.store;
        let all = store
            .counted(Counter::StoredBytes)
            .saturating_add(store.counted(Counter::DedupBytes));
        let own = self.counters.sum(Counter::StoredBytes);
        totals::share(store.tier().bytes(), own, all)
    }

    /// The most that [`Pool::used_bytes`] ever was since [`Pool::reset_used_max`].
    pub fn used_max(&self) -> u64 {
        self.used_max.load(Relaxed)
    }

    /// Starts the maximum anew.
    pub fn reset_used_max(&self) {
        self.used_max.store(self.used_bytes(), Relaxed);
    }

    /// Its figures. What it shares with others is in those of the store.
    pub fn totals(&self) -> Totals {
        let count = |counter| self.counters.sum(counter);
        let (puts, refused) = (count(Counter::Puts), count(Counter::Refused));
        Totals {
            pages: count(Counter::Pages),
            same_filled_pages: count(Counter::SameFilled),
            raw_pages: count(Counter::RawPages),
            raw_pages_since: count(Counter::RawPagesSince),
            stored_bytes: count(Counter::StoredBytes),
            puts: puts.saturating_add(refused),
            puts_refused: refused,
            puts_refused_early: self.gate.early(),
            refused_ns: self.gate.spent_ns(),
            gets: count(Counter::Gets),
            gets_missed: count(Counter::GetsMissed),
            flushes: count(Counter::Flushes),
            evictions: count(Counter::Evictions),
            written_back: count(Counter::WrittenBack),
            corrupt_pages: count(Counter::Corrupt),
            ..Totals::default()
        }
    }
}

impl Drop for Pool {
    /// May sleep.
    fn drop(&mut self) {
        self.clear();
        let index = self.index.bytes() as i64;
        self.store.ledger().add_metadata(index.wrapping_neg());
    }
}

/// Counts a page that comes (`sign` 1), or goes (-1).
#[inline]
fn count(counts: &Counts, shape: Shape, sign: i64) {
    counts.add(Counter::Pages, sign);
    if shape.is_word() {
        counts.add(Counter::SameFilled, sign);
        return;
    }
    counts.add(Counter::StoredBytes, shape.bytes() as i64 * sign);
    if shape.is_raw() {
        counts.add(Counter::RawPages, sign);
    }
}
