// SPDX-License-Identifier: GPL-2.0
//! Error numbers that the kernel crate does not name.

use super::bindings;
use kernel::error::Error;

/// Disk quota exceeded: a user's share is used up.
pub fn edquot() -> Error {
    Error::from_errno(-(bindings::EDQUOT as i32))
}
