// SPDX-License-Identifier: GPL-2.0
//! Neighbouring indexes of an object, together: a node of an index's tree.
#![forbid(unsafe_code)]

use super::{Handle, ObjectId};
use crate::store::Content;
use core::{cmp::Ordering, mem::replace};

/// Indexes that are kept together: as many as fill 512 bytes with the key and the tree's links.
pub const SLOTS: u64 = 56;

/// Which indexes of which object: `SLOTS` from `block * SLOTS` on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) object: ObjectId,
    pub(super) block: u64,
}

impl Key {
    /// That of the leaf of `handle`, and the slot there.
    #[inline]
    pub(super) fn of(handle: &Handle) -> (Self, usize) {
        let key = Self {
            object: handle.object,
            block: handle.index / SLOTS,
        };
        (key, (handle.index % SLOTS) as usize)
    }
}

impl Ord for Key {
    /// Objects stay together. The leaf that is looked for is found without a branch for each word.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let ([a, b, c], [x, y, z]) = (self.object, other.object);
        if (a ^ x) | (b ^ y) | (c ^ z) | (self.block ^ other.block) == 0 {
            Ordering::Equal
        } else {
            (self.object, self.block).cmp(&(other.object, other.block))
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What is under these indexes.
pub(super) struct Leaf {
    slots: [Option<Content>; SLOTS as usize],
    /// A bit for each slot whose page is on a disk below as well, and above them how many are used.
    marks: u64,
}

/// One used slot.
const USED: u64 = 1 << SLOTS;
const _: () = assert!(SLOTS < 1 << (64 - SLOTS));

/// What the allocator takes for a node: the tree's links, the key and the leaf.
pub(super) const BYTES: i64 = 512;
const _: () = assert!(3 * 8 + size_of::<Key>() + size_of::<Leaf>() <= BYTES as usize);

impl Leaf {
    /// Nothing.
    pub(super) const EMPTY: Self = Self {
        slots: [const { None }; SLOTS as usize],
        marks: 0,
    };

    #[inline]
    pub(super) fn get(&self, slot: usize) -> Option<&Content> {
        self.slots.get(slot)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: usize) -> Option<&mut Content> {
        self.slots.get_mut(slot)?.as_mut()
    }

    /// Puts `content` into a slot, and returns what was there.
    #[inline]
    pub(super) fn set(&mut self, slot: usize, content: Option<Content>) -> Option<Content> {
        let place = self.slots.get_mut(slot)?;
        // Another page is nowhere else.
        self.marks &= !(1 << slot);
        if place.is_some() {
            self.marks = self.marks.wrapping_sub(USED);
        }
        if content.is_some() {
            self.marks = self.marks.wrapping_add(USED);
        }
        replace(place, content)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.marks < USED
    }

    /// Whether a slot's page is on a disk below as well.
    pub(super) fn is_clean(&self, slot: usize) -> bool {
        self.marks & 1 << slot != 0
    }

    /// It is, until another page comes there.
    pub(super) fn set_clean(&mut self, slot: usize) {
        if self.get(slot).is_some() {
            self.marks |= 1 << slot;
        }
    }

    /// The first slot from `from` on that holds something.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        (from..SLOTS as usize).find(|slot| self.get(*slot).is_some())
    }
}
