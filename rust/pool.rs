// SPDX-License-Identifier: GPL-2.0
//! Whose page it is: from an index to what the store keeps.
#![forbid(unsafe_code)]

mod leaf;
mod slots;

pub use slots::Slots;
