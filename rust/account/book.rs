// SPDX-License-Identifier: GPL-2.0
//! What contents take, written down so that sums can be read that were true at one moment.
//!
//! Each CPU has a book: what belongs together is written under its lock. Who wants to see all at one
//! moment closes every book; writers wait for that long, which is some instructions an account.
//!
//! Locks: `reading` (spinlock, so that who closes books is not stopped before they are open again),
//! then a book's (spinlock), one at a time. Any context but an interrupt; nothing sleeps but where
//! said.
#![forbid(unsafe_code)]

use super::{Accounts, Count, Owner};
use crate::ffi::percpu::PerCpu;
use core::{
    hint::spin_loop,
    sync::atomic::{AtomicI64, Ordering::Relaxed},
};
use kernel::{
    alloc::KVVec,
    prelude::*,
    sync::{
        lock::{spinlock::SpinLockBackend, Guard},
        new_spinlock, SpinLock,
    },
};

/// The books, and what no single account pays for.
pub(super) struct Books {
    /// Whether it is closed.
    each: PerCpu<Pin<KBox<SpinLock<bool>>>>,
    reading: Pin<KBox<SpinLock<()>>>,
    shared: AtomicI64,
}

/// A CPU's book, open for writing. A spinlock is held.
pub struct Book<'a> {
    accounts: &'a Accounts,
    _open: Guard<'a, bool, SpinLockBackend>,
}

/// What contents took at one moment, in bytes.
pub struct Snapshot {
    /// Of each account, by the cgroup's inode number: contents that it alone holds.
    pub resident: KVVec<(u64, u64)>,
    /// Contents that several accounts hold.
    pub shared: u64,
    /// All contents, as they were counted apart from that.
    pub stored: u64,
}

impl Books {
    /// May sleep. ENOMEM.
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            each: PerCpu::new(|| KBox::pin_init(new_spinlock!(false, "tmem_book"), GFP_KERNEL))?,
            reading: KBox::pin_init(new_spinlock!((), "tmem_reading"), GFP_KERNEL)?,
            shared: AtomicI64::new(0),
        })
    }

    #[inline]
    pub(super) fn here<'a>(&'a self, accounts: &'a Accounts) -> Book<'a> {
        loop {
            let open = self.each.here().lock();
            if !*open {
                return Book {
                    accounts,
                    _open: open,
                };
            }
            drop(open);
            spin_loop();
        }
    }

    fn set_closed(&self, closed: bool) {
        for book in self.each.iter() {
            *book.lock() = closed;
        }
    }
}

impl Book<'_> {
    /// Bytes of contents that come to `owner` alone, or, with [`None`], are held by several.
    #[inline]
    pub fn hold(&self, owner: Option<Owner>, bytes: i64) {
        match owner {
            Some(owner) => self.accounts.tally(owner, Count::ResidentBytes, bytes),
            None => {
                self.accounts.books.shared.fetch_add(bytes, Relaxed);
            }
        }
    }
}

impl Accounts {
    /// Bytes of contents that several accounts hold.
    pub fn shared_bytes(&self) -> u64 {
        self.books.shared.load(Relaxed).max(0).unsigned_abs()
    }

    /// What contents take at this moment; `stored` says what is counted of all, and must not sleep.
    /// May sleep before. ENOMEM.
    pub fn snapshot(&self, stored: impl FnOnce() -> u64) -> Result<Snapshot> {
        let most = self.table.places();
        let mut resident = KVVec::with_capacity(most, GFP_KERNEL)?;
        let reading = self.books.reading.lock();
        self.books.set_closed(true);
        for owner in self.owners() {
            if let Some(inode) = self.inode(owner) {
                let bytes = self.counted(owner, Count::ResidentBytes);
                // There is room, but for the accounts of a level that is just new.
                let _ = resident.push_within_capacity((inode, bytes));
            }
        }
        let (shared, stored) = (self.shared_bytes(), stored());
        self.books.set_closed(false);
        drop(reading);
        Ok(Snapshot {
            resident,
            shared,
            stored,
        })
    }
}
