// SPDX-License-Identifier: GPL-2.0
//! A place in an index.
#![forbid(unsafe_code)]

use super::Tree;
use crate::pool::{
    leaf::{self, Key},
    Handle,
};

/// A place in an index, for those who go through all of it.
#[derive(Clone, Copy)]
pub(in crate::pool) struct Position {
    pub(super) shard: usize,
    pub(super) key: Key,
    pub(super) slot: usize,
}

impl Position {
    /// The first.
    pub(in crate::pool) const START: Self = Self::at_shard(0);

    /// The first of a shard.
    pub(super) const fn at_shard(shard: usize) -> Self {
        Self {
            shard,
            key: Key {
                object: [0; 3],
                block: 0,
            },
            slot: 0,
        }
    }

    /// Whose page is there.
    pub(in crate::pool) fn handle(&self) -> Handle {
        Handle {
            object: self.key.object,
            index: self
                .key
                .block
                .wrapping_mul(leaf::SLOTS)
                .wrapping_add(self.slot as u64),
        }
    }

    /// The one after it.
    pub(in crate::pool) fn after(mut self) -> Self {
        self.slot = self.slot.wrapping_add(1);
        self
    }
}

/// The first used slot from `slot` of leaf `from` on.
pub(super) fn next_in(tree: &Tree, from: &Key, slot: usize) -> Option<(Key, usize)> {
    let cursor = tree.cursor_lower_bound(from)?;
    let (key, leaf) = cursor.current();
    let first = if key == from { slot } else { 0 };
    if let Some(slot) = leaf.next(first) {
        return Some((*key, slot));
    }
    // No leaf in a tree is empty.
    let (key, leaf) = cursor.peek_next()?;
    leaf.next(0).map(|slot| (*key, slot))
}
