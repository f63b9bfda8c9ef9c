// SPDX-License-Identifier: GPL-2.0
//! How pages come in: swap disks, /dev/tmem, and other modules.
#![forbid(unsafe_code)]

pub mod device;
pub mod disk;
pub mod kernel_api;
pub mod recorder;
mod registry;

pub use registry::Registry;
