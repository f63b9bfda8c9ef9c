// SPDX-License-Identifier: GPL-2.0
//! No codec: the page's own bytes.
#![forbid(unsafe_code)]

use super::{Codec, Decoder, Workspace};
use crate::{core::codec::plain::raw_equals, ffi::page::Page};
use kernel::prelude::*;

pub(super) struct Raw;

impl Codec for Raw {
    const NAME: &'static str = "raw";

    fn encode<'a>(_: &'a mut Workspace, _: &Page<'_>, _limit: usize) -> Option<&'a [u8]> {
        None
    }

    fn equals(_: &mut Decoder, block: &[u8], page: &Page<'_>) -> bool {
        block
            .try_into()
            .is_ok_and(|bytes| raw_equals(bytes, page.bytes()))
    }

    fn decode(_: &mut Decoder, block: &[u8], page: &Page<'_>) -> Result {
        page.copy_from(block.try_into().map_err(|_| EIO)?);
        Ok(())
    }
}
