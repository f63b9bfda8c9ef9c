// SPDX-License-Identifier: GPL-2.0
//! Neighbouring indexes of an object, together: a node of an index's tree.
#![forbid(unsafe_code)]

use super::ObjectId;
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
    used: u32,
}

/// What the allocator takes for a node: the tree's links, the key and the leaf.
pub(super) const BYTES: i64 = 512;
const _: () = assert!(3 * 8 + size_of::<Key>() + size_of::<Leaf>() <= BYTES as usize);

impl Leaf {
    /// Nothing.
    pub(super) const EMPTY: Self = Self {
        slots: [const { None }; SLOTS as usize],
        used: 0,
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
        let (before, after) = (place.is_some(), content.is_some());
        self.used = self
            .used
            .wrapping_add(u32::from(after))
            .wrapping_sub(u32::from(before));
        replace(place, content)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The first slot from `from` on that holds something.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        (from..SLOTS as usize).find(|slot| self.get(*slot).is_some())
    }
}
