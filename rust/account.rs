// SPDX-License-Identifier: GPL-2.0
//! Who pays for what is kept: accounts by number. What a number stands for is not known here but for
//! its inode number; `cgroup` knows.
//!
//! An account comes with its first page, on the way of a put, and stays until [`Accounts::retire`].
//! Each page that is kept carries the number of its account, so that a charge is given back where
//! it was made.
//!
//! Bytes are taken from the accounts above in batches (`core/limits.rs`): most charges touch one
//! account alone, and no lock.
//!
//! Locks, none taken inside another of them, all inside any of the rooms above: `waiting` (mutex, by
//! the thread that waits for `news` alone), `tree` (spinlock: who is under whom, and what subtrees
//! use), a table's (table.rs). Nothing sleeps but where said.
#![forbid(unsafe_code)]

mod entry;
mod found;
mod press;
mod table;

pub use entry::Count;
pub use found::{Account, Entered};
pub use press::Kind;

use crate::{
    core::{
        limits::{self, Tree},
        shares,
    },
    ffi::errno::edquot,
};
use entry::Entry;
use kernel::{
    prelude::*,
    sync::{
        atomic::{ordering::Full, ordering::Relaxed, Atomic},
        new_condvar, new_mutex, new_spinlock, Arc, CondVar, Mutex, SpinLock,
    },
    time::msecs_to_jiffies,
};
use table::Table;

/// What a page costs in tables, in bytes, as limits count it.
pub const PAGE_METADATA: u64 = 48;

/// Bytes that an account takes at once, and keeps for the next pages, as long as limits allow it.
const BATCH: i64 = 64 << 10;

/// An account's number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner(pub u16);

impl Owner {
    /// The account of all that no cgroup is known for: the one above all others.
    pub const ROOT: Self = Self(0);
}

/// The inode number of the root cgroup.
pub const ROOT_INODE: u64 = 1;

/// All accounts.
#[pin_data]
pub struct Accounts {
    table: Pin<KBox<Table>>,
    #[pin]
    tree: SpinLock<()>,
    /// Whether accounts were opened that nobody has asked about.
    has_news: Atomic<bool>,
    any_marked: Atomic<bool>,
    /// How idle bytes are taxed, in percent.
    idle_tax: Atomic<u32>,
    #[pin]
    news: CondVar,
    #[pin]
    waiting: Mutex<()>,
}

impl Accounts {
    /// With the root's. May sleep. ENOMEM.
    pub fn new() -> Result<Arc<Self>> {
        let accounts = Arc::pin_init(
            try_pin_init!(Self {
                table: Table::new()?,
                tree <- new_spinlock!((), "tmem_accounts"),
                has_news: Atomic::new(true),
                any_marked: Atomic::new(false),
                idle_tax: Atomic::new(shares::TAX),
                news <- new_condvar!("tmem_news"),
                waiting <- new_mutex!((), "tmem_news"),
            }),
            GFP_KERNEL,
        )?;
        accounts.table.open(ROOT_INODE)?;
        Ok(accounts)
    }

    /// Takes a page in for the cgroup of that inode number. May sleep, without I/O, when it has no
    /// account yet.
    ///
    /// EDQUOT when it is at its limit, or was, and there is not some room again.
    #[inline]
    pub fn enter(&self, inode: u64, ephemeral: bool) -> Result<Entered<'_>> {
        // What no cgroup owns is the root's.
        let inode = inode.max(ROOT_INODE);
        let (owner, entry) = match self.table.pin(inode) {
            Some(pinned) => pinned,
            None => self.pin_new(inode),
        };
        let account = Account {
            accounts: self,
            owner,
            entry,
        };
        Entered::new(account, ephemeral)
    }

    #[inline(never)]
    fn pin_new(&self, inode: u64) -> (Owner, &Entry) {
        let pinned = self.table.open_and_pin(inode);
        self.ring();
        pinned
    }

    /// Says that there are accounts that nobody knows. Process context.
    pub fn ring(&self) {
        self.has_news.store(true, Relaxed);
        self.news.notify_all();
    }

    /// Waits until there are such, or for `milliseconds`. May sleep.
    pub fn wait_for_news(&self, milliseconds: u32) {
        let mut waiting = self.waiting.lock();
        if !self.has_news.load(Relaxed) {
            let jiffies = msecs_to_jiffies(milliseconds);
            // Whatever woke it, it is time for a look.
            let _ = self.news.wait_interruptible_timeout(&mut waiting, jiffies);
        }
        // Before that look: what comes during it is for the next.
        self.has_news.xchg(false, Full);
    }

    /// Whether puts go on being refused: until there is some room, so that a cgroup that wants more than
    /// it may have finds no page's room each time that it gets one back, and comes to its end.
    #[inline]
    fn stays_full(&self, entry: &Entry) -> bool {
        entry
            .full()
            .is_some_and(|full| self.is_still_full(entry, full))
    }

    #[inline(never)]
    fn is_still_full(&self, entry: &Entry, full: u16) -> bool {
        let is_full = limits::is_beyond(self, full, press::HIGH);
        if !is_full {
            entry.set_not_full();
        }
        is_full
    }

    /// After `bytes` were taken from a stock that did not have them.
    #[inline(never)]
    fn fill_stock(&self, owner: Owner, entry: &Entry, bytes: u64) -> Result {
        let tree = self.tree.lock();
        let lacks = entry.stock().min(0).unsigned_abs();
        let batch = lacks.saturating_add(BATCH as u64);
        let mut taken = limits::take(self, owner.0, batch).map(|()| batch);
        if taken.is_err() {
            taken = limits::take(self, owner.0, lacks).map(|()| lacks);
        }
        let restocked = taken.unwrap_or(bytes);
        entry.restock(restocked as i64);
        drop(tree);
        self.has_some(owner);
        taken.map(drop).map_err(|full| {
            entry.set_full(full);
            self.ring();
            edquot()
        })
    }

    #[inline(never)]
    fn return_stock(&self, owner: Owner, entry: &Entry) {
        let _tree = self.tree.lock();
        let spare = entry.take_stock_beyond(BATCH);
        limits::give(self, owner.0, spare);
    }

    /// Gives back to those above what no page needs at the moment, so that others can have it. Any
    /// context but an interrupt.
    pub fn return_all(&self) {
        for owner in self.owners() {
            let entry = self.entry(owner);
            if entry.stock() > 0 {
                let _tree = self.tree.lock();
                limits::give(self, owner.0, entry.take_stock_beyond(0));
            }
        }
    }

    /// The account of that number.
    #[inline]
    pub fn of(&self, owner: Owner) -> Account<'_> {
        Account {
            accounts: self,
            owner,
            entry: self.entry(owner),
        }
    }

    /// Counts a get of nothing for cgroup `inode`, if it has an account. Any context.
    pub fn missed(&self, inode: u64) {
        if let Some(owner) = self.find(inode.max(ROOT_INODE)) {
            self.of(owner).tally(Count::GetsMissed, 1);
        }
    }

    /// What is counted of an account: of it alone, those under it excepted.
    pub fn counted(&self, owner: Owner, count: Count) -> u64 {
        self.entry(owner).get(count)
    }

    /// The account of that inode number, which is opened if there is none. May sleep. ENOMEM, ENOSPC:
    /// there are too many.
    pub fn open(&self, inode: u64) -> Result<Owner> {
        self.table.open(inode)
    }

    /// The account of that inode number, if there is one.
    pub fn find(&self, inode: u64) -> Option<Owner> {
        self.table.find(inode)
    }

    /// All accounts there are.
    pub fn owners(&self) -> impl Iterator<Item = Owner> + '_ {
        self.table.owners()
    }

    /// Whose account it is; [`None`] when there is none of that number.
    pub fn inode(&self, owner: Owner) -> Option<u64> {
        self.table.inode(owner)
    }

    /// Closes an account, if it holds nothing and none is under it; whether it did.
    pub fn retire(&self, owner: Owner) -> bool {
        if owner == Owner::ROOT || !self.entry(owner).is_unused() {
            return false;
        }
        let _tree = self.tree.lock();
        let is_under = |other: Owner| self.parent(other.0) == Some(owner.0);
        if self.owners().any(is_under) {
            return false;
        }
        self.table.close(owner, |entry| {
            limits::give(self, owner.0, entry.take_stock_beyond(0));
            entry.reset();
        })
    }

    /// Puts an account under another, with what it uses, whatever that one's limit is. Not under
    /// itself, nor one that is under it.
    pub fn set_parent(&self, owner: Owner, parent: Owner) {
        let _tree = self.tree.lock();
        if limits::upwards(self, parent.0).any(|above| above == owner.0) {
            return;
        }
        let used = self.used(owner.0);
        limits::give(self, owner.0, used);
        self.entry(owner).set_parent(parent);
        limits::force(self, owner.0, used);
    }

    /// Whether `owner` is `above`, or under it.
    pub fn is_within(&self, owner: Owner, above: Owner) -> bool {
        limits::upwards(self, owner.0).any(|at| at == above.0)
    }

    /// What an account and all under it may hold, in bytes of contents and [`PAGE_METADATA`] for
    /// each page.
    pub fn limit_bytes(&self, owner: Owner) -> u64 {
        self.limit(owner.0)
    }

    /// Sets that. What is held beyond it stays for now; puts are refused.
    pub fn set_limit_bytes(&self, owner: Owner, bytes: u64) {
        self.entry(owner).set_limit(bytes);
    }

    /// For how many accounts there is room without more memory.
    pub fn places(&self) -> usize {
        self.table.places()
    }

    /// Bytes of memory that the accounts take.
    pub fn bytes(&self) -> u64 {
        self.table.bytes()
    }

    #[inline]
    fn entry(&self, owner: Owner) -> &Entry {
        self.table.entry(owner)
    }
}

/// Under `tree`, but for looks.
impl Tree for Accounts {
    fn parent(&self, of: u16) -> Option<u16> {
        self.entry(Owner(of)).parent()
    }

    fn limit(&self, of: u16) -> u64 {
        self.entry(Owner(of)).limit()
    }

    fn used(&self, of: u16) -> u64 {
        self.entry(Owner(of)).used()
    }

    fn set_used(&self, of: u16, bytes: u64) {
        self.entry(Owner(of)).set_used(bytes);
    }
}
