// SPDX-License-Identifier: GPL-2.0
//! LZ4 block format, by the kernel's encoder and decoder.
#![forbid(unsafe_code)]

use super::{Codec, Workspace};
use crate::ffi::{lz4, page::Page};
use kernel::prelude::*;

pub(super) struct Lz4;

pub(super) type State = lz4::Encoder;

impl Codec for Lz4 {
    const NAME: &'static str = "lz4";

    fn encode<'a>(workspace: &'a mut Workspace, page: &Page<'_>, limit: usize) -> Option<&'a [u8]> {
        let block = workspace.lz4.encode(page);
        (!block.is_empty() && block.len() < limit).then_some(block)
    }

    fn decode(block: &[u8], page: &Page<'_>) -> Result {
        lz4::decode(block, page)
    }
}
