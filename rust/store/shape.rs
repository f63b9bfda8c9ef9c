// SPDX-License-Identifier: GPL-2.0
//! What a page takes.
#![forbid(unsafe_code)]

use crate::core::size::PAGE_SIZE;

/// What a page takes: the bytes of its object.
#[derive(Clone, Copy)]
pub struct Shape(u16);

impl Shape {
    /// It is one word.
    pub const WORD: Self = Self(0);

    /// An object of `bytes`.
    pub(super) fn of(bytes: usize) -> Self {
        Self(bytes as u16)
    }

    /// Bytes of its object.
    pub fn bytes(self) -> u64 {
        self.0.into()
    }

    /// Whether it is one word: no object is empty.
    pub fn is_word(self) -> bool {
        self.0 == 0
    }

    /// Whether it is kept as it came: what is encoded is shorter.
    pub fn is_raw(self) -> bool {
        usize::from(self.0) == PAGE_SIZE
    }
}
