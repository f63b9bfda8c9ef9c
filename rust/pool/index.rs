// SPDX-License-Identifier: GPL-2.0
//! From (object, index) to what the store keeps.
//!
//! Objects are spread over shards; each is a tree of leaves of neighbouring indexes. The way down a
//! tree grows with the logarithm of the leaves in one shard, and nothing is ever rehashed.
//!
//! Locks: a shard's spinlock. It is held for a way down the tree and never for a page's work:
//! [`Index::hold`] lets go of it as soon as the store's has been taken. Allocation and release
//! happen outside it.
#![forbid(unsafe_code)]

mod position;

use position::next_in;
pub(super) use position::Position;

use super::{
    leaf::{self, Key, Leaf},
    Handle, ObjectId,
};
use crate::{
    account::Owner,
    ffi::{noio, zsmalloc},
    store::{Content, Held, Store},
};
use core::mem::replace;
use kernel::{
    alloc::flags::__GFP_NOWARN,
    prelude::*,
    rbtree::{RBTree, RBTreeNode, RBTreeNodeReservation},
    sync::{lock::spinlock::SpinLockBackend, lock::Guard, new_spinlock, SpinLock},
};

type Tree = RBTree<Key, Leaf>;

/// A tree in a cache line of its own.
#[pin_data]
#[repr(align(64))]
struct Shard {
    #[pin]
    tree: SpinLock<Tree>,
}

/// Shards in one page of memory, on a kernel without lock debugging.
const PER_CHUNK: usize = 64;

#[pin_data]
struct Chunk {
    #[pin]
    shards: [Shard; PER_CHUNK],
}

/// An index.
pub(super) struct Index {
    /// A power of two of them.
    chunks: KVVec<Pin<KBox<Chunk>>>,
}

/// What a change did to the index itself, for those who count.
#[derive(Clone, Copy, Default)]
pub(super) struct Change {
    /// Leaves that came, or went.
    pub(super) leaves: i64,
    /// Objects that came, or went.
    pub(super) objects: i64,
}

impl Index {
    /// An empty one, with at least `shards` shards. May sleep. ENOMEM.
    pub(super) fn new(shards: usize) -> Result<Self> {
        let number = shards.div_ceil(PER_CHUNK).next_power_of_two();
        let mut chunks = KVVec::with_capacity(number, GFP_KERNEL)?;
        for _ in 0..number {
            let chunk = pin_init!(Chunk {
                shards <- pin_init::pin_init_array_from_fn(|_| {
                    pin_init!(Shard { tree <- new_spinlock!(Tree::new(), "tmem_index") })
                }),
            });
            chunks.push(KBox::pin_init(chunk, GFP_KERNEL)?, GFP_KERNEL)?;
        }
        Ok(Self { chunks })
    }

    /// Bytes that it takes when it is empty.
    pub(super) fn bytes(&self) -> u64 {
        let each = size_of::<Chunk>().wrapping_add(size_of::<usize>());
        (self.chunks.len() as u64).saturating_mul(each as u64)
    }

    /// Calls `work` with what is kept under `handle`, so that nobody gives it up meanwhile, and whose it
    /// is. A spinlock may be held then: no sleeping.
    #[inline(always)]
    pub(super) fn hold<'a, R>(
        &self,
        handle: &Handle,
        store: &'a Store,
        work: impl FnOnce(Held<'a, zsmalloc::Pool>, Owner) -> R,
    ) -> Option<R> {
        let (key, slot) = Key::of(handle);
        let tree = self.shard(&key.object).tree.lock();
        let content = tree.get(&key)?.get(slot)?;
        let (place, owner) = (content.place(), content.owner());
        Some(store.hold_at(place, |held| {
            drop(tree);
            work(held, owner)
        }))
    }

    /// Calls `work` with what is under `handle`. Does not sleep, nor must `work`.
    pub(super) fn with<R>(&self, handle: &Handle, work: impl FnOnce(&Content) -> R) -> Option<R> {
        let (key, slot) = Key::of(handle);
        let tree = self.shard(&key.object).tree.lock();
        Some(work(tree.get(&key)?.get(slot)?))
    }

    /// Calls `work` with what is under `handle`, and whether a disk below has it as well: from now on
    /// it has if `work` says so. Does not sleep, nor must `work`.
    pub(super) fn with_clean(&self, handle: &Handle, work: impl FnOnce(&Content, bool) -> bool) {
        let (key, slot) = Key::of(handle);
        let mut tree = self.shard(&key.object).tree.lock();
        let Some(leaf) = tree.get_mut(&key) else {
            return;
        };
        let was_clean = leaf.is_clean(slot);
        if leaf
            .get(slot)
            .is_some_and(|content| work(content, was_clean))
        {
            leaf.set_clean(slot);
        }
    }

    /// Puts `content` in place of what is under `handle` if `wanted` says so, and returns that; else
    /// `content` comes back. Does not sleep, nor must `wanted`.
    pub(super) fn exchange_if(
        &self,
        handle: &Handle,
        content: Content,
        wanted: impl FnOnce(&Content) -> bool,
    ) -> Result<Content, Content> {
        let (key, slot) = Key::of(handle);
        let mut tree = self.shard(&key.object).tree.lock();
        match tree.get_mut(&key).and_then(|leaf| leaf.get_mut(slot)) {
            Some(old) if wanted(old) => Ok(replace(old, content)),
            _ => Err(content),
        }
    }

    /// Takes away what is under `handle`.
    #[inline(always)]
    pub(super) fn take(&self, handle: &Handle) -> (Option<Content>, Change) {
        self.take_and(handle, || ())
    }

    /// Takes away what is under `handle`, if there is something, and calls `leaves` in any case, as
    /// one step for all others. Does not sleep, nor must `leaves`.
    #[inline(always)]
    pub(super) fn take_and(
        &self,
        handle: &Handle,
        leaves: impl FnOnce(),
    ) -> (Option<Content>, Change) {
        let (key, slot) = Key::of(handle);
        let tree = self.shard(&key.object).tree.lock();
        leaves();
        take_from(tree, &key, slot, |_, _| true)
    }

    /// Takes away what is under `handle` if `wanted` says so, which is told whether a disk below has
    /// it as well. Does not sleep, nor must `wanted`.
    pub(super) fn take_if(
        &self,
        handle: &Handle,
        wanted: impl FnOnce(&Content, bool) -> bool,
    ) -> (Option<Content>, Change) {
        let (key, slot) = Key::of(handle);
        take_from(self.shard(&key.object).tree.lock(), &key, slot, wanted)
    }

    /// Puts `content` under `handle` and returns what was there. May sleep, without I/O. It comes
    /// back when `admit` refuses, or with ENOMEM; nothing changed then.
    ///
    /// `admit` is asked when nothing was there, and told whether the object is new. It must not
    /// sleep. `admit_leaf` is asked before the index takes more memory.
    pub(super) fn replace(
        &self,
        handle: &Handle,
        content: Content,
        admit: impl Fn(bool) -> Result,
        admit_leaf: impl FnOnce() -> Result,
    ) -> Result<(Option<Content>, Change), (Content, Error)> {
        let (key, slot) = Key::of(handle);
        let shard = self.shard(&key.object);
        let content = match place(&mut shard.tree.lock(), &key, slot, content, None, &admit) {
            Placed::NoRoom(content) => content,
            Placed::Done(old, change) => return Ok((old, change)),
            Placed::Refused(content, error) => return Err((content, error)),
        };
        let flags = GFP_KERNEL | __GFP_NOWARN;
        let room = admit_leaf().and_then(|()| noio::scope(|| RBTreeNodeReservation::new(flags)));
        let room = match room {
            Ok(room) => room,
            Err(error) => return Err((content, error)),
        };
        match place(
            &mut shard.tree.lock(),
            &key,
            slot,
            content,
            Some(room),
            &admit,
        ) {
            Placed::Done(old, change) => Ok((old, change)),
            Placed::Refused(content, error) => Err((content, error)),
            Placed::NoRoom(content) => Err((content, ENOMEM)),
        }
    }

    /// The first place that holds something, from `from` on.
    pub(super) fn next(&self, from: Position) -> Option<Position> {
        let mut at = from;
        while let Some(shard) = self.shard_at(at.shard) {
            if let Some((key, slot)) = next_in(&shard.tree.lock(), &at.key, at.slot) {
                return Some(Position { key, slot, ..at });
            }
            at = Position::at_shard(at.shard.wrapping_add(1));
        }
        None
    }

    /// Takes a whole leaf of `object` away, the first one from block `from` on; [`None`] when there is
    /// none. Does not sleep.
    pub(super) fn take_leaf(&self, object: &ObjectId, from: u64) -> Option<(Taken, Change)> {
        let mut tree = self.shard(object).tree.lock();
        let key = first_of(&tree, object, from)?;
        let node = tree.remove_node(&key)?;
        let objects = -i64::from(!has_object(&tree, object));
        drop(tree);
        let change = Change {
            leaves: -1,
            objects,
        };
        Some((Taken(key, node), change))
    }

    /// Takes some leaf of shard `shard` away; [`None`] when it is empty or there is no such shard.
    /// Does not sleep.
    pub(super) fn take_any(&self, shard: usize) -> Option<(Taken, Change)> {
        let tree = self.shard_at(shard)?.tree.lock();
        let object = tree.keys().next()?.object;
        drop(tree);
        self.take_leaf(&object, 0)
    }

    /// How many shards there are.
    pub(super) fn shards(&self) -> usize {
        self.chunks.len().saturating_mul(PER_CHUNK)
    }

    #[inline]
    fn shard(&self, object: &ObjectId) -> &Shard {
        let [a, b, c] = *object;
        // Objects are often numbered in a row: then each is in a shard of its own. Whoever chooses
        // them to be in one gets a deeper tree, no more.
        let mixed = a ^ b.rotate_left(21) ^ c.rotate_left(42);
        let mixed = mixed as usize;
        let chunk = (mixed / PER_CHUNK) & self.chunks.len().wrapping_sub(1);
        &self.chunks[chunk].shards[mixed % PER_CHUNK]
    }

    fn shard_at(&self, number: usize) -> Option<&Shard> {
        self.chunks
            .get(number / PER_CHUNK)?
            .shards
            .get(number % PER_CHUNK)
    }
}

/// Takes away what is in a slot if `wanted` says so.
#[inline(always)]
fn take_from(
    mut tree: Guard<'_, Tree, SpinLockBackend>,
    key: &Key,
    slot: usize,
    wanted: impl FnOnce(&Content, bool) -> bool,
) -> (Option<Content>, Change) {
    let Some(leaf) = tree.get_mut(key) else {
        return Default::default();
    };
    let is_clean = leaf.is_clean(slot);
    if !leaf
        .get(slot)
        .is_some_and(|content| wanted(content, is_clean))
    {
        return Default::default();
    }
    let content = leaf.set(slot, None);
    let change = if leaf.is_empty() {
        // A copy: else the key lies in memory for this alone.
        let key = *key;
        remove_leaf(tree, &key)
    } else {
        Change::default()
    };
    (content, change)
}

#[inline(never)]
fn remove_leaf(mut tree: Guard<'_, Tree, SpinLockBackend>, key: &Key) -> Change {
    let node = tree.remove_node(key);
    let objects = -i64::from(!has_object(&tree, &key.object));
    drop(tree);
    drop(node);
    Change {
        leaves: -1,
        objects,
    }
}

/// A leaf that is in no tree any more, and its key.
pub(super) struct Taken(Key, RBTreeNode<Key, Leaf>);

impl Taken {
    /// Its number among its object's.
    pub(super) fn block(&self) -> u64 {
        self.0.block
    }

    /// What was in it.
    pub(super) fn for_each(self, mut work: impl FnMut(Content)) {
        let (_, mut leaf) = self.1.to_key_value();
        for slot in 0..leaf::SLOTS as usize {
            if let Some(content) = leaf.set(slot, None) {
                work(content);
            }
        }
    }
}

enum Placed {
    /// What was there before.
    Done(Option<Content>, Change),
    Refused(Content, Error),
    /// A new leaf is needed.
    NoRoom(Content),
}

fn place(
    tree: &mut Tree,
    key: &Key,
    slot: usize,
    content: Content,
    room: Option<RBTreeNodeReservation<Key, Leaf>>,
    admit: &impl Fn(bool) -> Result,
) -> Placed {
    if let Some(leaf) = tree.get_mut(key) {
        if leaf.get(slot).is_none() {
            if let Err(error) = admit(false) {
                return Placed::Refused(content, error);
            }
        }
        return Placed::Done(leaf.set(slot, Some(content)), Change::default());
    }
    let Some(room) = room else {
        return Placed::NoRoom(content);
    };
    let is_new = !has_object(tree, &key.object);
    if let Err(error) = admit(is_new) {
        return Placed::Refused(content, error);
    }
    let mut leaf = Leaf::EMPTY;
    let old = leaf.set(slot, Some(content));
    tree.insert(room.into_node(*key, leaf));
    let change = Change {
        leaves: 1,
        objects: i64::from(is_new),
    };
    Placed::Done(old, change)
}

fn first_of(tree: &Tree, object: &ObjectId, from: u64) -> Option<Key> {
    let lowest = Key {
        object: *object,
        block: from,
    };
    let cursor = tree.cursor_lower_bound(&lowest)?;
    let (key, _) = cursor.current();
    (key.object == *object).then_some(*key)
}

fn has_object(tree: &Tree, object: &ObjectId) -> bool {
    first_of(tree, object, 0).is_some()
}
