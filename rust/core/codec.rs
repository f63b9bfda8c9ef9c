// SPDX-License-Identifier: GPL-2.0
//! Encoders for single pages that need nothing from the kernel.

pub mod lz4;
pub mod raw;
