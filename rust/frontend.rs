// SPDX-License-Identifier: GPL-2.0
//! How pages come in: swap disks.
#![forbid(unsafe_code)]

pub mod disk;
mod registry;

pub use registry::Registry;
