// SPDX-License-Identifier: GPL-2.0
//! `LZ4_*` (lib/lz4), the LZ4 block format.

use super::{bindings, page::Page};
use crate::core::size::PAGE_SIZE;
use kernel::{alloc::KVVec, prelude::*};

/// The longest block that a page can become: one length byte for each 255 literals, and 16.
const BOUND: usize = PAGE_SIZE + PAGE_SIZE / 255 + 16;

/// What compressing one page needs.
///
/// # Invariants
///
/// `table` is `LZ4_MEM_COMPRESS` bytes aligned to 8, `block` is [`BOUND`] bytes.
pub struct Encoder {
    table: KVVec<u64>,
    block: KVVec<u8>,
}

impl Encoder {
    /// May sleep. ENOMEM.
    pub fn new() -> Result<Self> {
        let words = (bindings::TMEM_LZ4_MEM_COMPRESS as usize).div_ceil(8);
        // INVARIANT: of these sizes.
        Ok(Self {
            table: KVVec::from_elem(0, words, GFP_KERNEL)?,
            block: KVVec::from_elem(0, BOUND, GFP_KERNEL)?,
        })
    }

    /// Bytes of memory it holds.
    pub fn bytes(&self) -> usize {
        self.table.len() * 8 + self.block.len()
    }

    /// Compresses `page`. Any context; about 33,000 instructions for a page of program data.
    ///
    /// The block is as long as it gets, up to [`BOUND`]. If the page changes meanwhile the block decodes to a mixture.
    pub fn encode(&mut self, page: &Page<'_>) -> &[u8] {
        // SAFETY: a page is PAGE_SIZE readable bytes; `block` is BOUND bytes, which is what LZ4_compressBound says for a
        // page, whatever its bytes and even if they change meanwhile, as each step consumes input; `table` is as the
        // invariant says.
        let length = unsafe {
            bindings::LZ4_compress_fast(
                page.as_ptr().cast(),
                self.block.as_mut_ptr().cast(),
                PAGE_SIZE as _,
                BOUND as _,
                1,
                self.table.as_mut_ptr().cast(),
            )
        };
        let length = usize::try_from(length).unwrap_or(0);
        self.block.get(..length).unwrap_or(&[])
    }
}

/// Decodes `block` into `page`. Any context. EIO when the block is no LZ4 block of exactly a page; the page's bytes are
/// then undefined.
pub fn decode(block: &[u8], page: &Page<'_>) -> Result {
    // SAFETY: reads at most `block.len()` bytes, which is at most i32::MAX or refused, and writes at most PAGE_SIZE,
    // which the page has; any input is answered by a length or an error.
    let length = unsafe {
        bindings::LZ4_decompress_safe(
            block.as_ptr().cast(),
            page.as_ptr().cast(),
            i32::try_from(block.len())?,
            PAGE_SIZE as _,
        )
    };
    if usize::try_from(length) == Ok(PAGE_SIZE) {
        Ok(())
    } else {
        Err(EIO)
    }
}
