// SPDX-License-Identifier: GPL-2.0
//! The reference encoder and decoder.

use core::ffi::{c_char, c_int};
use tmem_core::size::PAGE_SIZE;

#[link(name = "lz4")]
extern "C" {
    fn LZ4_decompress_safe(from: *const c_char, to: *mut c_char, size: c_int, room: c_int)
        -> c_int;
    fn LZ4_compress_default(
        from: *const c_char,
        to: *mut c_char,
        size: c_int,
        room: c_int,
    ) -> c_int;
}

/// The stream of `page`.
pub fn encode(page: &[u8; PAGE_SIZE]) -> Vec<u8> {
    let mut stream = vec![0; 2 * PAGE_SIZE];
    // SAFETY: both areas are as long as said; the encoder reads and writes nothing else.
    let length = unsafe {
        LZ4_compress_default(
            page.as_ptr().cast(),
            stream.as_mut_ptr().cast(),
            PAGE_SIZE as c_int,
            stream.len() as c_int,
        )
    };
    stream.truncate(length as usize);
    stream
}

/// The page that `stream` holds, if it holds exactly one.
pub fn decode(stream: &[u8]) -> Option<[u8; PAGE_SIZE]> {
    let mut page = [0_u8; PAGE_SIZE];
    // SAFETY: both areas are as long as said; the decoder reads and writes nothing else.
    let length = unsafe {
        LZ4_decompress_safe(
            stream.as_ptr().cast(),
            page.as_mut_ptr().cast(),
            stream.len() as c_int,
            PAGE_SIZE as c_int,
        )
    };
    (length == PAGE_SIZE as c_int).then_some(page)
}
