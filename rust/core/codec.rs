// SPDX-License-Identifier: GPL-2.0
//! Codecs for single pages that need nothing from the kernel.

pub mod lz4;
pub mod plain;
pub mod raw;
