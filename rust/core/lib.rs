// SPDX-License-Identifier: GPL-2.0
//! Kernel-free logic, compiled twice: into the module (`#[path]` in its crate root) and into the
//! host test crate (`rust/core/Cargo.toml`). Nothing here sleeps, locks or knows who calls it,
//! nor allocates, but for what the module does not compile (`policy::cache`).

pub mod codec;
pub mod dictionary;
pub mod extent;
pub mod hash;
pub mod limits;
pub mod linear;
pub mod pace;
pub mod page_map;
pub mod policy;
pub mod refusal;
pub mod same_filled;
pub mod shares;
pub mod size;
pub mod size_class;
pub mod totals;
pub mod trace;
