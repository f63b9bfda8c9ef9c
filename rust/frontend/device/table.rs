// SPDX-License-Identifier: GPL-2.0
//! The numbers of an open file's pools.
//!
//! A number tells a place and how many pools had it before: one that was destroyed is not mistaken
//! for the next in its place. No number is 0.
#![forbid(unsafe_code)]

use crate::pool::Joined;
use kernel::sync::Arc;

/// Pools of one file.
pub(super) const MOST: usize = 1 << PLACE_BITS;

const PLACE_BITS: u32 = 6;
const LAST_GENERATION: u32 = u32::MAX >> PLACE_BITS;

/// The pools, by place.
pub(super) struct Table {
    places: [Place; MOST],
}

struct Place {
    /// Of the pool here, or of the next. Never 0.
    generation: u32,
    pool: Option<Arc<Joined>>,
}

impl Table {
    pub(super) const fn new() -> Self {
        Self {
            places: [const {
                Place {
                    generation: 1,
                    pool: None,
                }
            }; MOST],
        }
    }

    /// Gives `pool` a number; [`None`] when all are given. Any context.
    pub(super) fn insert(&mut self, pool: &Arc<Joined>) -> Option<u32> {
        let mut places = self.places.iter_mut().zip(0..);
        let (place, at) = places.find(|(place, _)| place.pool.is_none())?;
        place.pool = Some(pool.clone());
        Some(place.generation << PLACE_BITS | at)
    }

    /// Any context.
    pub(super) fn get(&self, number: u32) -> Option<Arc<Joined>> {
        let place = self.places.get(number as usize % MOST)?;
        let is_it = place.generation == number >> PLACE_BITS;
        place.pool.clone().filter(|_| is_it)
    }

    /// Takes the pool of that number out, which the caller drops without the table's lock.
    pub(super) fn remove(&mut self, number: u32) -> Option<Arc<Joined>> {
        let place = self.places.get_mut(number as usize % MOST)?;
        if place.generation != number >> PLACE_BITS {
            return None;
        }
        let pool = place.pool.take()?;
        place.generation = place.generation % LAST_GENERATION + 1;
        Some(pool)
    }
}
