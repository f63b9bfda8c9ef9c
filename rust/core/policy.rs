// SPDX-License-Identifier: GPL-2.0
//! Which pages leave first when room is needed: the module's way, and in [`cache`] those that it is compared with.
//!
//! In the module, somebody else walks round and round through the pages, and asks of each. A page has an age of
//! three bits: 0 when it was put or asked for, and what the last verdict said since then.
#![forbid(unsafe_code)]

pub mod aging;
#[cfg(not(MODULE))]
pub mod cache;

/// The greatest age.
pub const MOST_AGE: u8 = 7;

/// What becomes of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It leaves.
    Leaves,
    /// It stays for another round, and is of this age now.
    Stays(u8),
}

/// A way to choose the pages that leave.
pub trait Replacement {
    /// Of this many pages asked about one after the other, one leaves, whatever they are.
    const PATIENCE: usize;

    /// What becomes of the next page, which is of this age.
    fn verdict(&mut self, age: u8) -> Verdict;
}
