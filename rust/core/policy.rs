// SPDX-License-Identifier: GPL-2.0
//! Which pages leave first when room is needed: the module's way ([`lifetimes`] says what it is worth to keep a page, [`least`] which
//! of many are worth least), and in [`cache`] those that it is compared with.
#![forbid(unsafe_code)]

#[cfg(not(MODULE))]
pub mod cache;
pub mod least;
pub mod lifetimes;

/// The greatest age of a page that nobody asks for, in rounds.
pub const MOST_AGE: u8 = 7;
