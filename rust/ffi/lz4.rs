// SPDX-License-Identifier: GPL-2.0
//! `LZ4_decompress_safe` (lib/lz4), the LZ4 block format.

use super::{bindings, page::Page};
use crate::core::size::PAGE_SIZE;
use kernel::prelude::*;

/// Decodes `block` into `page`. Any context. EIO when the block is no LZ4 block of exactly a page;
/// the page's bytes are then undefined.
pub fn decode(block: &[u8], page: &Page<'_>) -> Result {
    // SAFETY: reads at most `block.len()` bytes, which is at most i32::MAX or refused, and writes
    // at most PAGE_SIZE, which the page has; any input is answered by a length or an error.
    let length = unsafe {
        bindings::LZ4_decompress_safe(
            block.as_ptr().cast(),
            page.as_ptr().cast(),
            i32::try_from(block.len())?,
            PAGE_SIZE as i32,
        )
    };
    if usize::try_from(length) == Ok(PAGE_SIZE) {
        Ok(())
    } else {
        Err(EIO)
    }
}
