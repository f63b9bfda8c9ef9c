// SPDX-License-Identifier: GPL-2.0
//! Where a page's bytes live: as one word, compressed, or as they came; counted, and bound by
//! limits. Does not know who asked.
//!
//! Locks: a workspace's mutex (one a CPU) around compressing and allocating; a bounce buffer's
//! spinlock (one a CPU) around decompressing. Both are innermost: only zsmalloc's own come after
//! them. Puts may sleep, gets and releases do not.
#![forbid(unsafe_code)]

mod buffers;
pub mod codec;
mod counters;
mod ledger;
mod percpu;
mod tier;

pub use codec::Algorithm;
pub use counters::Counter;
pub use ledger::{memory_allows, Limit, Policy};
pub use tier::Tier;

use crate::{
    core::{refusal, same_filled::same_filled, totals::Totals},
    ffi::{clock, page::Page, zsmalloc},
};
use buffers::Buffers;
use counters::Counters;
use kernel::{
    prelude::*,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        Arc,
    },
};
use ledger::Account;

/// What is kept under one index.
pub enum Content<T: Tier = zsmalloc::Pool> {
    /// Nothing.
    Empty,
    /// A page of one word, 512 times.
    Same(u64),
    /// Bytes in the tier.
    Stored(T::Object),
}

// The table of contents is what a page costs besides its bytes.
const _: () = assert!(size_of::<Content>() == 16);

/// A store: a tier and what is needed to fill it and to read it.
pub struct Store<T: Tier = zsmalloc::Pool> {
    tier: T,
    counters: Counters,
    buffers: Buffers,
    account: Account,
    policy: Arc<Policy>,
    /// `refusal::OPEN`, or until when puts that need memory are turned away.
    gate: Atomic<u64>,
}

impl Store {
    /// An empty store. May sleep. ENOMEM, also when its buffers alone would be beyond the cap.
    pub fn new(name: &CStr, policy: Arc<Policy>, limit: Arc<Limit>) -> Result<Self> {
        let buffers = Buffers::new()?;
        let account = Account::new(policy.clone(), limit);
        account.grow_metadata(buffers.bytes())?;
        Ok(Self {
            tier: zsmalloc::Pool::new(name)?,
            counters: Counters::new()?,
            buffers,
            account,
            policy,
            gate: Atomic::new(refusal::OPEN),
        })
    }
}

impl<T: Tier> Store<T> {
    /// Takes a copy of `page`. May sleep, without I/O.
    ///
    /// ENOMEM when there is no memory or a limit is reached; at once, and before anything is
    /// compressed, when that was so a moment ago. Nothing is kept then.
    pub fn put(&self, page: &Page<'_>) -> Result<Content<T>> {
        let content = match same_filled(|index| page.word(index)) {
            Some(word) => Content::Same(word),
            None => Content::Stored(self.put_bytes(page)?),
        };
        let counts = self.counters.here();
        counts.add(Counter::Stored, 1);
        match &content {
            Content::Stored(object) => {
                counts.add(Counter::StoredBytes, T::length(object) as i64);
                if T::algorithm(object) == Algorithm::Raw {
                    counts.add(Counter::RawPages, 1);
                    counts.add(Counter::RawPagesSince, 1);
                }
            }
            _ => counts.add(Counter::SameFilled, 1),
        }
        Ok(content)
    }

    /// Writes the page that `content` keeps to `page`. Does not sleep.
    ///
    /// EIO, with `page` undefined, when the bytes are not what was kept.
    pub fn get(&self, content: &Content<T>, page: &Page<'_>) -> Result {
        let counts = self.counters.here();
        counts.add(Counter::Gets, 1);
        match content {
            Content::Empty => {
                counts.add(Counter::GetsMissed, 1);
                page.fill(0);
                Ok(())
            }
            Content::Same(word) => {
                page.fill(*word);
                Ok(())
            }
            Content::Stored(object) => {
                let algorithm = T::algorithm(object);
                let mut bounce = self.buffers.bounce().lock();
                T::read(object, bounce.bytes_mut(), |bytes| {
                    algorithm.decode(bytes, page)
                })
                .and_then(|decoded| decoded)
                .inspect_err(|_| counts.add(Counter::Corrupt, 1))
            }
        }
    }

    /// Gives up what is kept. Any context but an interrupt; does not sleep.
    pub fn release(&self, content: Content<T>) {
        let counts = self.counters.here();
        match &content {
            Content::Empty => return,
            Content::Same(_) => counts.add(Counter::SameFilled, -1),
            Content::Stored(object) => {
                counts.add(Counter::StoredBytes, -(T::length(object) as i64));
                if T::algorithm(object) == Algorithm::Raw {
                    counts.add(Counter::RawPages, -1);
                }
            }
        }
        counts.add(Counter::Released, 1);
        drop(content);
        self.account.note_arena(self.tier.bytes());
    }

    /// Says that its users freed something: puts need not be turned away any longer. Any context.
    pub fn room_was_made(&self) {
        if self.gate.load(Relaxed) != refusal::OPEN {
            self.gate.store(refusal::OPEN, Relaxed);
        }
    }

    /// Counts what the store itself does not see.
    pub fn count(&self, counter: Counter, by: i64) {
        self.counters.here().add(counter, by);
    }

    /// How often something happened.
    pub fn counted(&self, counter: Counter) -> u64 {
        self.counters.sum(counter)
    }

    /// The tier, for its own statistics.
    pub fn tier(&self) -> &T {
        &self.tier
    }

    /// What is held against the limits.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Its figures.
    pub fn totals(&self) -> Totals {
        let count = |counter| self.counters.sum(counter);
        let (stored, released, refused) = (
            count(Counter::Stored),
            count(Counter::Released),
            count(Counter::Refused),
        );
        let pages = stored.saturating_sub(released);
        Totals {
            pages,
            same_filled_pages: count(Counter::SameFilled),
            raw_pages: count(Counter::RawPages),
            raw_pages_since: count(Counter::RawPagesSince),
            stored_bytes: count(Counter::StoredBytes),
            arena_bytes: self.tier.bytes(),
            metadata_bytes: self.account.metadata(),
            puts: stored.saturating_add(refused),
            puts_refused: refused,
            puts_refused_early: count(Counter::RefusedEarly),
            refused_ns: count(Counter::RefusedNs),
            gets: count(Counter::Gets),
            gets_missed: count(Counter::GetsMissed),
            flushes: count(Counter::Flushes),
            corrupt_pages: count(Counter::Corrupt),
        }
    }

    /// Counts a put that failed before or after its page got here.
    pub fn count_refused(&self) {
        self.count(Counter::Refused, 1);
    }

    fn put_bytes(&self, page: &Page<'_>) -> Result<T::Object> {
        if refusal::turns_away(self.gate.load(Relaxed), clock::now) {
            self.count(Counter::RefusedEarly, 1);
            return Err(ENOMEM);
        }
        let start = clock::now();
        let kept = self.compress(page).and_then(|object| self.admit(object));
        if kept.is_err() {
            let now = clock::now();
            self.gate.store(refusal::shut(now), Relaxed);
            self.count(Counter::RefusedNs, now.saturating_sub(start) as i64);
        }
        kept
    }

    fn compress(&self, page: &Page<'_>) -> Result<T::Object> {
        let algorithm = self.account.limit().algorithm(&self.policy);
        let mut workspace = self.buffers.workspace().lock();
        match algorithm.encode(&mut workspace, page, self.tier.raw_length()) {
            Some(block) => self.tier.store(block, algorithm),
            None => {
                drop(workspace);
                self.tier.store_page(page, Algorithm::Raw)
            }
        }
    }

    /// Keeps a new object only if the limits allow it.
    fn admit(&self, object: T::Object) -> Result<T::Object> {
        let result = self.account.admit(self.tier.bytes());
        if result.is_err() {
            drop(object);
            self.account.note_arena(self.tier.bytes());
            return Err(ENOMEM);
        }
        Ok(object)
    }
}
