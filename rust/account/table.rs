// SPDX-License-Identifier: GPL-2.0
//! Accounts by number, and from an inode number to that.
//!
//! Levels, each twice as large as the one before, that come when they are needed and stay. In each
//! an inode number has its place in a group of eight, which is one cache line: so a look-up reads a
//! line a level, and takes no lock.
//!
//! Locks: `claim` (spinlock), for opening and closing accounts. Nothing is allocated under it.
#![forbid(unsafe_code)]

use super::{entry::Entry, Owner, ROOT_INODE};
use crate::ffi::noio;
use core::{
    iter::once,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};
use kernel::{
    alloc::{flags::__GFP_NOWARN, KVVec},
    prelude::*,
    sync::{new_spinlock, SetOnce, SpinLock},
};

/// Places of one inode number in a level.
const GROUP: usize = 8;

/// Accounts of the first level.
const FIRST: usize = 64;

/// So that numbers fit 16 bits.
const LEVELS: usize = 10;
const _: () = assert!(FIRST * ((1 << LEVELS) - 1) <= 1 << u16::BITS);

/// Keys that are no inode numbers.
const FREE: u64 = 0;
const CLOSING: u64 = u64::MAX;

struct Level {
    keys: KVVec<AtomicU64>,
    entries: KVVec<Entry>,
}

#[pin_data]
pub(super) struct Table {
    /// The first level, which most machines need alone.
    first: Level,
    others: [SetOnce<Level>; LEVELS - 1],
    #[pin]
    claim: SpinLock<()>,
    /// Of a number that there is none of: never, but what is read must be something.
    nobody: Entry,
}

impl Table {
    /// Without any. May sleep. ENOMEM.
    pub(super) fn new() -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(
            try_pin_init!(Self {
                first: Level::new(FIRST)?,
                others: [const { SetOnce::new() }; LEVELS - 1],
                claim <- new_spinlock!((), "tmem_claim"),
                nobody: Entry::new(),
            }),
            GFP_KERNEL,
        )
    }

    /// The account of `inode`, with one more page, so that it stays; [`None`] when there is none.
    #[inline]
    pub(super) fn pin(&self, inode: u64) -> Option<(Owner, &Entry)> {
        let owner = self.find(inode)?;
        let entry = self.entry(owner);
        entry.pin();
        if self.inode(owner) == Some(inode) {
            return Some((owner, entry));
        }
        // Closed meanwhile: whoever did that saw no page, and this sees that.
        entry.unpin();
        None
    }

    /// As [`Table::pin`], but of a new account if there is none; the root's when there can be none.
    /// May sleep, without I/O.
    pub(super) fn open_and_pin(&self, inode: u64) -> (Owner, &Entry) {
        let opened = noio::scope(|| self.open(inode)).ok();
        opened.and_then(|_| self.pin(inode)).unwrap_or_else(|| {
            let root = self.entry(Owner::ROOT);
            root.pin();
            (Owner::ROOT, root)
        })
    }

    /// The account of `inode`, a new one if there is none. May sleep. ENOMEM; ENOSPC: there are too
    /// many; EINVAL.
    pub(super) fn open(&self, inode: u64) -> Result<Owner> {
        if matches!(inode, FREE | CLOSING) {
            return Err(EINVAL);
        }
        loop {
            let claim = self.claim.lock();
            if let Some(owner) = self.find(inode).or_else(|| self.claim_free(inode)) {
                return Ok(owner);
            }
            drop(claim);
            let level = self.levels().count();
            if level == LEVELS {
                return Err(ENOSPC);
            }
            self.add_level(level)?;
        }
    }

    fn claim_free(&self, inode: u64) -> Option<Owner> {
        let (level, at) = self.levels().enumerate().find_map(|(number, level)| {
            let at = level.find(inode, FREE)?;
            Some((number, at))
        })?;
        let (owner, key) = (number(level, at), self.key(level, at)?);
        key.store(inode, SeqCst);
        Some(owner)
    }

    /// Closes an account that no page holds, after `clear`, which must not sleep; whether it could.
    pub(super) fn close(&self, owner: Owner, clear: impl FnOnce(&Entry)) -> bool {
        let _claim = self.claim.lock();
        let Some((inode, key)) = self.inode(owner).zip(self.key_of(owner)) else {
            return false;
        };
        let entry = self.entry(owner);
        key.store(CLOSING, SeqCst);
        // Who pins it from here on sees that it is closing.
        let unused = entry.is_unused();
        if unused {
            clear(entry);
        }
        key.store(if unused { FREE } else { inode }, SeqCst);
        unused
    }

    /// The account of `inode`, if there is one.
    #[inline]
    pub(super) fn find(&self, inode: u64) -> Option<Owner> {
        for (level, found) in self.levels().enumerate() {
            if let Some(at) = found.find(inode, inode) {
                return Some(number(level, at));
            }
        }
        None
    }

    #[inline]
    pub(super) fn entry(&self, owner: Owner) -> &Entry {
        if let Some(entry) = self.first.entries.get(usize::from(owner.0)) {
            return entry;
        }
        self.entry_beyond(owner)
    }

    #[inline(never)]
    fn entry_beyond(&self, owner: Owner) -> &Entry {
        let (level, at) = place(owner);
        let level = self.level(level);
        level
            .and_then(|level| level.entries.get(at))
            .unwrap_or(&self.nobody)
    }

    pub(super) fn inode(&self, owner: Owner) -> Option<u64> {
        let key = self.key_of(owner)?.load(SeqCst);
        (key != FREE && key != CLOSING).then_some(key)
    }

    /// All that there are.
    pub(super) fn owners(&self) -> impl Iterator<Item = Owner> + '_ {
        // Levels follow each other without a gap.
        (0..self.places())
            .map(|number| Owner(number as u16))
            .filter(|owner| self.inode(*owner).is_some())
    }

    /// For how many there is room, without more levels.
    pub(super) fn places(&self) -> usize {
        self.levels()
            .fold(0, |sum, level| level.keys.len().saturating_add(sum))
    }

    /// Bytes of memory that it takes.
    pub(super) fn bytes(&self) -> u64 {
        let each = size_of::<AtomicU64>().wrapping_add(size_of::<Entry>());
        self.places().saturating_mul(each) as u64
    }

    #[inline]
    fn levels(&self) -> impl Iterator<Item = &Level> {
        let others = self.others.iter().map_while(SetOnce::as_ref);
        Iterator::chain(once(&self.first), others)
    }

    fn level(&self, number: usize) -> Option<&Level> {
        match number.checked_sub(1) {
            None => Some(&self.first),
            Some(number) => self.others.get(number)?.as_ref(),
        }
    }

    fn key_of(&self, owner: Owner) -> Option<&AtomicU64> {
        let (level, at) = place(owner);
        self.key(level, at)
    }

    fn key(&self, level: usize, at: usize) -> Option<&AtomicU64> {
        self.level(level)?.keys.get(at)
    }

    /// Adds a level, if nobody else did.
    fn add_level(&self, number: usize) -> Result {
        let level = Level::new(FIRST << number)?;
        if let Some(place) = number.checked_sub(1).and_then(|at| self.others.get(at)) {
            place.populate(level);
        }
        Ok(())
    }
}

impl Level {
    fn new(length: usize) -> Result<Self> {
        let flags = GFP_KERNEL | __GFP_NOWARN;
        let mut keys = KVVec::with_capacity(length, flags)?;
        let mut entries = KVVec::with_capacity(length, flags)?;
        for _ in 0..length {
            // There is room.
            let _ = keys.push_within_capacity(AtomicU64::new(FREE));
            let _ = entries.push_within_capacity(Entry::new());
        }
        Ok(Self { keys, entries })
    }

    /// The first place with `key` in the group of `inode`.
    #[inline]
    fn find(&self, inode: u64, key: u64) -> Option<usize> {
        // An odd number without a pattern: the golden ratio's fraction. The root's comes first.
        let hash = inode
            .wrapping_sub(ROOT_INODE)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            >> 32;
        let first = (hash as usize).wrapping_mul(GROUP) & self.keys.len().wrapping_sub(1);
        let group = self.keys.get(first..)?.first_chunk::<GROUP>()?;
        let at = group.iter().position(|place| place.load(SeqCst) == key)?;
        Some(first.wrapping_add(at))
    }
}

/// The number of place `at` in a level.
#[inline]
fn number(level: usize, at: usize) -> Owner {
    Owner((FIRST.wrapping_mul((1 << level) - 1)).wrapping_add(at) as u16)
}

/// The level and place of a number.
#[inline]
fn place(owner: Owner) -> (usize, usize) {
    let number = usize::from(owner.0);
    let level = (number / FIRST).wrapping_add(1).ilog2() as usize;
    (
        level,
        number.wrapping_sub(FIRST.wrapping_mul((1 << level) - 1)),
    )
}
