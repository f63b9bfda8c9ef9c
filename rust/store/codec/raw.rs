// SPDX-License-Identifier: GPL-2.0
//! No codec: the page's own bytes.
#![forbid(unsafe_code)]

use super::{Codec, Workspace};
use crate::ffi::page::Page;
use kernel::prelude::*;

pub(super) struct Raw;

impl Codec for Raw {
    const NAME: &'static str = "raw";

    fn encode<'a>(_: &'a mut Workspace, _: &Page<'_>, _limit: usize) -> Option<&'a [u8]> {
        None
    }

    fn equals(block: &[u8], page: &Page<'_>) -> bool {
        block.len() == page.bytes().len()
            && block
                .iter()
                .zip(page.bytes())
                .all(|(ours, theirs)| *ours == theirs.load(core::sync::atomic::Ordering::Relaxed))
    }

    fn decode(block: &[u8], page: &Page<'_>) -> Result {
        page.copy_from(block.try_into().map_err(|_| EIO)?);
        Ok(())
    }
}
