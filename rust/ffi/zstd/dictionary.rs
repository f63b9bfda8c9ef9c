// SPDX-License-Identifier: GPL-2.0
//! Dictionaries of zstd: bytes that pages have in common, which each of them can refer to.

use super::{bindings, Level};
use crate::core::{dictionary::BYTES, size::PAGE_SIZE};
use core::ptr::NonNull;
use kernel::{prelude::*, sync::Arc};

/// Bytes that zstd would take for a dictionary of its own format.
const MAGIC: [u8; 4] = 0xec30_a437_u32.to_le_bytes();

/// The most bits of a place in an encoder's tables: as many places as a dictionary has bytes.
const TABLE_BITS: u32 = BYTES.ilog2();

/// A dictionary, and what decoding with it needs.
///
/// # Invariants
///
/// `decoder` is valid and refers to `bytes`, which stay as they are.
pub struct Dictionary {
    decoder: NonNull<bindings::zstd_ddict>,
    bytes: KVVec<u8>,
    taken: usize,
}

// SAFETY: plain memory, which nobody changes.
unsafe impl Send for Dictionary {}
// SAFETY: as above.
unsafe impl Sync for Dictionary {}

impl Dictionary {
    /// May sleep. ENOMEM; EINVAL for bytes that begin as zstd's own dictionaries do.
    pub fn new(bytes: KVVec<u8>) -> Result<Self> {
        if bytes.starts_with(&MAGIC) {
            return Err(EINVAL);
        }
        let mut taken = bytes.capacity();
        // SAFETY: the bytes are as many as said, and stay where they are as long as the decoder does, by the invariant.
        let decoder =
            unsafe { bindings::tmem_zstd_ddict(bytes.as_ptr().cast(), bytes.len(), &mut taken) };
        // INVARIANT: it was just made of these bytes, which nothing here changes.
        Ok(Self {
            decoder: NonNull::new(decoder).ok_or(ENOMEM)?,
            bytes,
            taken,
        })
    }

    /// Bytes of memory it holds.
    pub fn bytes(&self) -> usize {
        self.taken
    }

    /// For zstd, which only reads it.
    pub(super) fn decoder(&self) -> *const bindings::zstd_ddict {
        self.decoder.as_ptr()
    }
}

impl Drop for Dictionary {
    fn drop(&mut self) {
        // SAFETY: by the invariant it is valid, and this is its owner's end.
        unsafe { bindings::zstd_free_ddict(self.decoder.as_ptr()) };
    }
}

/// What encoding with a dictionary needs.
///
/// # Invariants
///
/// `encoder` is valid and refers to the bytes of `dictionary`.
pub struct Encoder {
    encoder: NonNull<bindings::zstd_cdict>,
    dictionary: Arc<Dictionary>,
}

// SAFETY: plain memory, which nobody changes.
unsafe impl Send for Encoder {}

impl Encoder {
    /// May sleep, without I/O. ENOMEM.
    pub fn new(dictionary: Arc<Dictionary>, level: Level) -> Result<Self> {
        let bytes = &dictionary.bytes;
        let parameters = parameters(level);
        // SAFETY: the bytes are as many as said, and stay where they are as long as the encoder does, by the invariant.
        let encoder =
            unsafe { bindings::tmem_zstd_cdict(bytes.as_ptr().cast(), bytes.len(), &parameters) };
        // INVARIANT: it was just made of the dictionary's bytes.
        Ok(Self {
            encoder: NonNull::new(encoder).ok_or(ENOMEM)?,
            dictionary,
        })
    }

    /// Whether it encodes with that one.
    pub fn is_of(&self, dictionary: &Arc<Dictionary>) -> bool {
        Arc::ptr_eq(&self.dictionary, dictionary)
    }

    /// For zstd, which only reads it.
    pub(super) fn encoder(&self) -> *const bindings::zstd_cdict {
        self.encoder.as_ptr()
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: by the invariant it is valid, and this is its owner's end.
        unsafe { bindings::zstd_free_cdict(self.encoder.as_ptr()) };
    }
}

/// What a level means for pages with a dictionary: with no larger tables than it fills.
pub(super) fn parameters(level: Level) -> bindings::zstd_compression_parameters {
    // SAFETY: has no preconditions.
    let mut parameters =
        unsafe { bindings::zstd_get_cparams(level as i32, PAGE_SIZE as u64, BYTES) };
    parameters.hashLog = parameters.hashLog.min(TABLE_BITS);
    parameters.chainLog = parameters.chainLog.min(TABLE_BITS);
    parameters
}
