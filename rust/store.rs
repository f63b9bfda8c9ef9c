// SPDX-License-Identifier: GPL-2.0
//! Where a page's bytes live: as one word, compressed, or as they came; equal ones once; counted,
//! and bound by a limit. Does not know who asked.
//!
//! Locks, all innermost, none taken inside another but as said: a workspace's mutex (one a CPU)
//! around compressing and allocating; `reading` (spinlock, snapshot.rs); a shard's spinlock around finding, reading and giving up a
//! content, and in it a dictionary's spinlock (dictionaries.rs), or a bounce buffer's (one a CPU) around decompressing; zsmalloc's own
//! inside any. Puts may sleep, gets and releases do not.
#![forbid(unsafe_code)]

mod buckets;
mod buffers;
pub mod codec;
mod content;
mod copy;
mod counters;
mod dictionaries;
mod gate;
mod held;
mod learning;
mod ledger;
mod lesson;
mod record;
mod records;
mod release;
mod rework;
mod shape;
mod shard;
mod snapshot;
mod tally;
mod tier;

pub use codec::{Algorithm, Need};
pub use content::Content;
pub use copy::Copied;
pub use counters::{Counter, Counters, Counts};
pub use gate::Gate;
pub use held::Held;
pub use learning::Desk;
pub use ledger::{Ledger, Policy};
pub use record::Sharing;
pub use rework::{Encoded, Job, Round, Task};
pub use shape::Shape;
pub use snapshot::Snapshot;
pub use tier::Tier;

use crate::{
    account::{Accounts, Owner},
    core::{hash, same_filled::same_filled},
    ffi::{machine, noio, page::Page, random, zsmalloc, zstd::Dictionary},
};
use buffers::{Bounce, Buffers};
use content::Place;
use dictionaries::Dictionaries;
use kernel::{
    prelude::*,
    sync::{new_spinlock, Arc, SpinLock},
};
use record::{Body, Record, Tag};
use records::Supply;
use shard::Shard;

/// Most shards: their number is eight bits of a [`Content`].
const MOST_SHARDS: usize = 256;

/// For each CPU, so that two seldom meet in one.
const SHARDS_PER_CPU: usize = 16;

/// The store: a tier and what is needed to fill it and to read it.
pub struct Store<T: Tier = zsmalloc::Pool> {
    /// A power of two of them. Dropped before the tier.
    shards: KVec<Pin<KBox<SpinLock<Shard<T>>>>>,
    reading: Pin<KBox<SpinLock<()>>>,
    tier: T,
    counters: Counters,
    buffers: Buffers,
    dictionaries: Dictionaries,
    ledger: Ledger,
    policy: Arc<Policy>,
    accounts: Arc<Accounts>,
    key: hash::Key,
}

/// Whose page it is, as far as the store cares.
#[derive(Clone, Copy)]
pub struct Class {
    /// The account it is in.
    pub owner: Owner,
    /// Whether it may be dropped at any time. Such pages share nothing with others, so that it is
    /// known at any time what dropping them would give.
    pub ephemeral: bool,
    /// When it came, as its pool counts time.
    pub came: u16,
}

impl Store {
    /// An empty store. May sleep. ENOMEM; EBUSY when there is one.
    pub fn new(policy: Arc<Policy>, accounts: Arc<Accounts>) -> Result<Self> {
        let number = machine::online_cpus()
            .saturating_mul(SHARDS_PER_CPU)
            .next_power_of_two()
            .min(MOST_SHARDS);
        let mut shards = KVec::with_capacity(number, GFP_KERNEL)?;
        for _ in 0..number {
            let shard = new_spinlock!(Shard::new(), "tmem_shard");
            shards.push(KBox::pin_init(shard, GFP_KERNEL)?, GFP_KERNEL)?;
        }
        let buffers = Buffers::new()?;
        let ledger = Ledger::new();
        ledger.add_metadata(buffers.bytes() as i64);
        Ok(Self {
            shards,
            reading: KBox::pin_init(new_spinlock!((), "tmem_reading"), GFP_KERNEL)?,
            tier: zsmalloc::Pool::new(c"tmem")?,
            counters: Counters::new()?,
            buffers,
            dictionaries: Dictionaries::new()?,
            ledger,
            key: if policy.is_weak() {
                hash::Key::WEAK
            } else {
                hash::Key::new(random::words())
            },
            policy,
            accounts,
        })
    }
}

impl<T: Tier> Store<T> {
    /// Takes a copy of `page`. May sleep, without I/O.
    ///
    /// ENOMEM when there is no memory or the cap is reached; EDQUOT when its account may not hold as
    /// much; what `allows` fails with once the page's bytes are in the arena; EAGAIN, before anything
    /// is done, when one of these was so a moment ago (`gate`). Nothing is kept then.
    pub fn put(
        &self,
        page: &Page<'_>,
        class: Class,
        algorithm: Algorithm,
        gate: &Gate,
        allows: impl FnOnce() -> Result,
    ) -> Result<(Content, Shape)> {
        match same_filled(|index| page.word(index)) {
            Some(word) => self.put_word(word, class),
            None => gate.pass(|| {
                let tag = self.tag(page, class);
                let shared = tag.as_ref().map_or(Ok(None), |tag| self.share(tag, page));
                match shared? {
                    Some(shared) => Ok(shared),
                    None => self.put_bytes(page, class, algorithm, tag.as_ref(), allows),
                }
            }),
        }
    }

    /// Gets ready for pages encoded by `algorithm`: no put, and no work in the background, may name it
    /// before. May sleep. ENOMEM.
    pub fn prepare(&self, algorithm: Algorithm, need: Need) -> Result {
        let grown = |bytes| self.ledger.add_metadata(bytes as i64);
        self.buffers.prepare(algorithm, need, grown)
    }

    /// What is kept as `content`, so that nobody gives it up meanwhile. Does not sleep.
    #[inline(always)]
    pub fn hold<'a>(&'a self, content: &Content) -> Held<'a, T> {
        self.hold_at(content.place(), |held| held)
    }

    /// As [`Store::hold`], for `work`, which is compiled for what it gets.
    #[inline(always)]
    pub fn hold_at<'a, R>(&'a self, place: Place, work: impl FnOnce(Held<'a, T>) -> R) -> R {
        match place {
            Place::Word(word) => work(Held::word(word)),
            Place::Record { shard, number } => work(Held::record(self.shard(shard).lock(), number)),
        }
    }

    /// What the store counts: bytes, shares.
    pub fn counted(&self, counter: Counter) -> u64 {
        self.counters.sum(counter)
    }

    /// The tier, for its own statistics.
    pub fn tier(&self) -> &T {
        &self.tier
    }

    /// Bytes of memory that are held in all. Any context.
    pub fn held(&self) -> u64 {
        self.tier.bytes().saturating_add(self.metadata())
    }

    /// Bytes of tables, indexes, accounts and buffers.
    pub fn metadata(&self) -> u64 {
        self.ledger.metadata().saturating_add(self.accounts.bytes())
    }

    /// ENOMEM when there is to be no table or index of `bytes` more: a limit is reached, or programs
    /// need the memory. Any context; some hundred instructions.
    pub fn admit_table(&self, bytes: u64) -> Result {
        self.ledger.admit_table(bytes, self.held(), &self.policy)
    }

    /// Who pays.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// How many accounts have a dictionary.
    pub fn dictionaries(&self) -> u64 {
        self.dictionaries.number()
    }

    /// What is held beside the tier.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What an administrator set.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// For [`Held`].
    fn buffers(&self) -> &Buffers {
        &self.buffers
    }

    #[inline]
    fn shard(&self, number: u8) -> &SpinLock<Shard<T>> {
        &self.shards[usize::from(number) & self.shards.len().wrapping_sub(1)]
    }

    fn put_word(&self, word: u64, class: Class) -> Result<(Content, Shape)> {
        let content = match Content::word(word, class.owner) {
            Some(content) => content,
            None => self.keep(machine::this_cpu() as u8, Record::same(word), class)?,
        };
        Ok((content, Shape::WORD))
    }

    /// What finds the page's equals, and their shard; [`None`] when nothing may.
    fn tag(&self, page: &Page<'_>, class: Class) -> Option<(u8, Tag)> {
        let sharing = self.policy.dedup();
        let domain = match sharing {
            Sharing::Alone => return None,
            Sharing::Cgroup => class.owner.0.into(),
            Sharing::Global => u64::MAX >> 1,
        };
        let kind = domain << 1 | u64::from(class.ephemeral);
        let hash = hash::with_domain(hash::page_hash(&self.key, page.bytes()), kind);
        let tag = Tag {
            hash: hash as u32,
            sharing,
            class,
        };
        Some(((hash >> 56) as u8, tag))
    }

    /// One more reference to a content equal to `page`, if there is one.
    fn share(&self, (at, tag): &(u8, Tag), page: &Page<'_>) -> Result<Option<(Content, Shape)>> {
        let mut shard = self.open(*at);
        let Some((number, record)) = shard.find(tag, |record| self.equals(record, page)) else {
            return Ok(None);
        };
        self.count_share(record, tag.class)?;
        let shape = record.shape();
        drop(shard);
        Ok(Some((Content::record(*at, number, tag.class.owner), shape)))
    }

    fn equals(&self, record: &Record<T>, page: &Page<'_>) -> bool {
        let (Body::Kept(object), Some(algorithm)) = (record.body(), record.algorithm()) else {
            return false;
        };
        let dictionary = self.dictionary_of(record);
        let mut bounce = self.buffers.bounce().lock();
        let Bounce { buffer, decoder } = &mut *bounce;
        T::peek(object, buffer.bytes_mut(), |bytes| match &dictionary {
            Some(dictionary) => decoder.equals_with(dictionary, bytes, page),
            None => algorithm.equals(decoder, bytes, page),
        })
        .unwrap_or(false)
    }

    /// The dictionary that a content was encoded with, if one was.
    fn dictionary_of(&self, record: &Record<T>) -> Option<Arc<Dictionary>> {
        self.dictionaries.of(record.learner()?)
    }

    fn put_bytes(
        &self,
        page: &Page<'_>,
        class: Class,
        algorithm: Algorithm,
        tag: Option<&(u8, Tag)>,
        allows: impl FnOnce() -> Result,
    ) -> Result<(Content, Shape)> {
        let (object, algorithm) = self.compress(page, algorithm)?;
        self.ledger
            .admit(self.tier.bytes(), self.held(), &self.policy)?;
        allows()?;
        let record = Record::kept(object, algorithm, tag.map(|(_, tag)| tag), class);
        let shape = record.shape();
        self.accounts.of(class.owner).charge(shape.bytes())?;
        let shard = tag.map_or(machine::this_cpu() as u8, |(shard, _)| *shard);
        let content = self.keep(shard, record, class).inspect_err(|_| {
            self.accounts.of(class.owner).uncharge(shape.bytes());
        })?;
        Ok((content, shape))
    }

    fn compress(&self, page: &Page<'_>, algorithm: Algorithm) -> Result<(T::Object, Algorithm)> {
        let mut workspace = self.buffers.workspace().lock();
        match algorithm.encode(&mut workspace, page, self.tier.raw_length()) {
            Some(block) => Ok((self.tier.store(block)?, algorithm)),
            None => {
                drop(workspace);
                Ok((self.tier.store_page(page)?, Algorithm::Raw))
            }
        }
    }

    /// Puts a record of one reference into a shard. May sleep, without I/O. ENOMEM.
    fn keep(&self, at: u8, mut record: Record<T>, class: Class) -> Result<Content> {
        let bytes = record.length() as i64;
        let mut supply = None;
        // Others may use up what was supplied: but not each time.
        for _ in 0..MOST_SHARDS {
            let mut shard = self.open(at);
            let before = shard.table_bytes();
            if let Some(supply) = supply.as_mut() {
                shard.take(supply);
            }
            let inserted = shard.insert(record);
            if inserted.is_ok() {
                self.count_content(class, bytes);
            }
            let (lacks, after) = (shard.lacks(), shard.table_bytes());
            drop(shard);
            self.ledger.add_metadata(after as i64 - before as i64);
            if supply.is_some_and(|supply| supply.is_taken()) {
                self.ledger.add_metadata(Supply::<T>::PAGE_COST as i64);
            }
            match inserted {
                Ok(number) => return Ok(Content::record(at, number, class.owner)),
                Err(back) => record = back,
            }
            self.admit_table(Supply::<T>::PAGE_COST)?;
            supply = Some(noio::scope(|| Supply::new(lacks))?);
        }
        Err(ENOMEM)
    }
}
