// SPDX-License-Identifier: GPL-2.0
//! Which pages of a disk an I/O request covers.
#![forbid(unsafe_code)]

use super::size::PAGE_BYTES;

/// Bytes of a block-layer sector.
pub const SECTOR: u64 = 512;
const SECTORS_PER_PAGE: u64 = PAGE_BYTES / SECTOR;

/// A run of whole pages of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// First page's number.
    pub first: u64,
    /// How many pages.
    pub pages: u64,
}

impl Extent {
    /// The pages from `sector`, `bytes` long; [`None`] when either end is inside a page or there
    /// are none.
    pub fn of(sector: u64, bytes: u64) -> Option<Self> {
        let start = sector.wrapping_mul(SECTOR);
        let aligned = (start | bytes) % PAGE_BYTES == 0;
        (aligned && bytes != 0).then_some(Self {
            first: sector / SECTORS_PER_PAGE,
            pages: bytes / PAGE_BYTES,
        })
    }

    /// The number after the last page.
    pub fn end(&self) -> u64 {
        self.first.saturating_add(self.pages)
    }

    /// Whether all of it lies below page number `end`.
    pub fn ends_by(&self, end: u64) -> bool {
        self.first
            .checked_add(self.pages)
            .is_some_and(|last| last <= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_pages_only() {
        assert_eq!(Extent::of(8, 8192), Some(Extent { first: 1, pages: 2 }));
        assert_eq!(Extent::of(1, 4096), None);
        assert_eq!(Extent::of(8, 512), None);
        assert_eq!(Extent::of(8, 0), None);
    }

    #[test]
    fn knows_the_end() {
        let extent = Extent { first: 6, pages: 2 };
        assert!(extent.ends_by(8));
        assert!(!extent.ends_by(7));
        assert!(!Extent {
            first: u64::MAX,
            pages: 1
        }
        .ends_by(u64::MAX));
    }
}
