// SPDX-License-Identifier: GPL-2.0
//! What is done, to which handle, and how it ended.

use crate::content::Rng;
use crate::model::page;
use tmem_client::{Handle, Kind};

/// A pool of the target, by its place there.
pub type PoolNumber = u8;

pub const EPHEMERAL: PoolNumber = 0;
pub const SHARED: PoolNumber = 1;
/// The shared pool again, as another open file knows it.
pub const SHARED_AGAIN: PoolNumber = 2;
pub const PERSISTENT: PoolNumber = 3;

pub const ALL_POOLS: &[PoolNumber] = &[EPHEMERAL, SHARED, SHARED_AGAIN, PERSISTENT];
pub const WITHOUT_PERSISTENT: &[PoolNumber] = &[EPHEMERAL, SHARED, SHARED_AGAIN];

/// What becomes of its pages; `seed` makes the shared one of a run unlike another run's.
pub fn kind(pool: PoolNumber, seed: u64) -> Kind {
    match pool {
        EPHEMERAL => Kind::Ephemeral,
        PERSISTENT => Kind::Persistent,
        _ => {
            let mut uuid = *b"tmem-test-model-";
            uuid[..8].copy_from_slice(&seed.to_le_bytes());
            Kind::Shared(uuid)
        }
    }
}

pub const OBJECTS: u8 = 4;
pub const INDEXES: u8 = 6;

/// A page's name, from few: collisions are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub pool: PoolNumber,
    pub object: u8,
    pub index: u8,
}

impl Key {
    /// The same page has the same key, through whichever file.
    pub fn page(self) -> Self {
        let pool = if self.pool == SHARED_AGAIN {
            SHARED
        } else {
            self.pool
        };
        Self { pool, ..self }
    }

    /// Neighbours and the ends of what numbers can be.
    pub fn handle(self) -> Handle {
        let object = match self.object {
            0 => [0, 0, 0],
            1 => [0, 0, 1],
            2 => [u64::MAX, u64::MAX, u64::MAX],
            other => [1 << 63, u64::from(other), 0],
        };
        let index = match self.index {
            0 => 0,
            1 => 1,
            2 => 1 << 32,
            3 => (1 << 63) | 5,
            4 => u64::MAX,
            other => 500 + u64::from(other),
        };
        Handle { object, index }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Of a page that its number tells.
    Put(Key, page::Id),
    Get(Key),
    FlushPage(Key),
    /// The index is of no meaning.
    FlushObject(Key),
    /// Destroys the pool, and makes it anew.
    Recreate(PoolNumber),
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    Refused,
    Hit(page::Id),
    Miss,
    /// What is never right: an error that has no place here, or a page that nobody put.
    Wrong(String),
}

/// Chooses operations.
pub struct Chooser<'a> {
    rng: Rng,
    pools: &'a [PoolNumber],
    /// Objects that it may use.
    objects: Vec<u8>,
    pages: page::Numbers,
}

impl<'a> Chooser<'a> {
    /// `user` tells those of a run apart, so that their pages differ.
    pub fn new(seed: u64, user: u64, pools: &'a [PoolNumber]) -> Self {
        Self {
            rng: Rng::new(seed.wrapping_mul(64).wrapping_add(user)),
            pools,
            objects: (0..OBJECTS).collect(),
            pages: page::Numbers::new(user),
        }
    }

    /// From now on only these.
    pub fn restrict(&mut self, objects: Vec<u8>) {
        self.objects = objects;
    }

    /// One call: most are of one operation.
    pub fn call(&mut self) -> Vec<Operation> {
        let length = match self.rng.below(16) {
            0 => 2 + self.rng.below(15),
            _ => 1,
        };
        (0..length).map(|_| self.operation()).collect()
    }

    /// As `call`, and now and then a pool is made anew.
    pub fn call_or_recreate(&mut self) -> Vec<Operation> {
        if self.rng.below(500) == 0 {
            let pool = self.pools[self.rng.below(self.pools.len() as u64) as usize];
            return vec![Operation::Recreate(pool)];
        }
        self.call()
    }

    fn operation(&mut self) -> Operation {
        let key = self.key();
        match self.rng.below(100) {
            0..45 => Operation::Put(key, self.pages.next(&mut self.rng)),
            45..88 => Operation::Get(key),
            88..98 => Operation::FlushPage(key),
            _ => Operation::FlushObject(key),
        }
    }

    fn key(&mut self) -> Key {
        Key {
            pool: self.pools[self.rng.below(self.pools.len() as u64) as usize],
            object: self.objects[self.rng.below(self.objects.len() as u64) as usize],
            index: self.rng.below(u64::from(INDEXES)) as u8,
        }
    }
}
