// SPDX-License-Identifier: GPL-2.0
//! zstd, by the kernel: fewer bytes for more time. Its memory, which is most of 200 KiB a CPU, is
//! allocated when it is first chosen; the half for decoding alone, when pages are first encoded in the background.
#![forbid(unsafe_code)]

use super::{Codec, Decoder, Extra, Need, Workspace};
use crate::{
    core::{codec::plain::raw_equals, size::PAGE_SIZE},
    ffi::{
        page::{Page, PageBuffer},
        zstd::{Compressor, Decompressor, Level},
    },
};
use kernel::prelude::*;

pub(super) struct Zstd;

/// What encoding needs.
pub(super) struct State {
    compressor: Compressor,
    block: KBox<[u8; PAGE_SIZE]>,
}

impl State {
    pub(super) fn new(level: Level) -> Result<Self> {
        Ok(Self {
            compressor: Compressor::new(level)?,
            block: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.compressor.bytes() + size_of_val(&*self.block)
    }
}

/// What decoding needs.
pub(super) struct DecodeState {
    decompressor: Decompressor,
    /// A page to compare another with.
    page: KBox<PageBuffer>,
}

impl DecodeState {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            decompressor: Decompressor::new()?,
            page: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.decompressor.bytes() + size_of::<PageBuffer>()
    }
}

impl Codec for Zstd {
    const NAME: &'static str = "zstd";

    fn extra(need: Need) -> Result<Extra> {
        let encoder = match need {
            Need::Gets => None,
            Need::Puts => Some(State::new(Level::Default)?),
        };
        Ok(Extra {
            encoder,
            decoder: Some(DecodeState::new()?),
        })
    }

    fn encode<'a>(workspace: &'a mut Workspace, page: &Page<'_>, limit: usize) -> Option<&'a [u8]> {
        let State { compressor, block } = workspace.zstd.as_mut()?;
        let block = block.get_mut(..limit.checked_sub(1)?)?;
        let length = compressor.compress(page, block)?;
        block.get(..length)
    }

    fn equals(decoder: &mut Decoder, block: &[u8], page: &Page<'_>) -> bool {
        let Some(DecodeState {
            decompressor,
            page: ours,
        }) = &mut decoder.zstd
        else {
            return false;
        };
        decompressor.decompress(block, &ours.as_page()).is_ok()
            && raw_equals(ours.bytes_mut(), page.bytes())
    }

    fn decode(decoder: &mut Decoder, block: &[u8], page: &Page<'_>) -> Result {
        let state = decoder.zstd.as_mut().ok_or(EIO)?;
        state.decompressor.decompress(block, page)
    }
}
