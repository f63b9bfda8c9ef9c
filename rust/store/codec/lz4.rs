// SPDX-License-Identifier: GPL-2.0
//! LZ4 block format, by our encoder and decoder, which are made for single pages.
#![forbid(unsafe_code)]

use super::{Codec, Decoder, Workspace};
use crate::{
    core::codec::{
        lz4::{decode, encode, equals, OUT_LEN},
        raw::SLOTS,
    },
    ffi::page::Page,
};
use kernel::prelude::*;

pub(super) struct Lz4;

/// What encoding needs.
pub(super) struct State {
    table: KBox<[u16; SLOTS]>,
    block: KBox<[u8; OUT_LEN]>,
}

impl State {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            table: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
            block: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
        })
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.table) + size_of_val(&*self.block)
    }
}

impl Codec for Lz4 {
    const NAME: &'static str = "lz4";

    fn encode<'a>(workspace: &'a mut Workspace, page: &Page<'_>, limit: usize) -> Option<&'a [u8]> {
        let State { table, block } = &mut workspace.lz4;
        let length = encode(page.bytes(), block, table, limit.checked_sub(1)?)?;
        block.get(..length)
    }

    fn equals(_: &mut Decoder, block: &[u8], page: &Page<'_>) -> bool {
        equals(block, page.bytes())
    }

    fn decode(_: &mut Decoder, block: &[u8], page: &Page<'_>) -> Result {
        decode(block, page.bytes()).ok_or(EIO)
    }
}
