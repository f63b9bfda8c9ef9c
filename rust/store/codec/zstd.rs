// SPDX-License-Identifier: GPL-2.0
//! zstd, by the kernel: fewer bytes for more time. Its memory, which is most of 200 KiB a CPU, is
//! allocated when it is first chosen; the half for decoding alone, when pages are first encoded in the background.
#![forbid(unsafe_code)]

use super::{Codec, Decoder, Extra, Need, Workspace};
use crate::{
    core::{codec::plain::raw_equals, size::PAGE_SIZE},
    ffi::{
        page::{Page, PageBuffer},
        zstd::{Compressor, Decompressor, Dictionary, Encoder, Level},
    },
};
use kernel::{prelude::*, sync::Arc};

pub(super) struct Zstd;

/// What encoding needs.
pub(super) struct State {
    compressor: Compressor,
    /// For the dictionary that was used last.
    encoder: Option<Encoder>,
    block: KBox<[u8; PAGE_SIZE]>,
}

impl State {
    pub(super) fn new() -> Result<Self> {
        Self::with(Compressor::new(Level::Default)?)
    }

    /// For work in the background, with dictionaries.
    pub(super) fn dense() -> Result<Self> {
        Self::with(Compressor::with_dictionaries(Level::Dense)?)
    }

    fn with(compressor: Compressor) -> Result<Self> {
        Ok(Self {
            compressor,
            encoder: None,
            block: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
        })
    }

    pub(super) fn encode_with(
        &mut self,
        dictionary: &Arc<Dictionary>,
        page: &Page<'_>,
        limit: usize,
    ) -> Option<&[u8]> {
        if !self
            .encoder
            .as_ref()
            .is_some_and(|encoder| encoder.is_of(dictionary))
        {
            self.encoder = Some(Encoder::new(dictionary.clone(), Level::Dense).ok()?);
        }
        let block = self.block.get_mut(..limit.checked_sub(1)?)?;
        let length = self
            .compressor
            .compress_with(self.encoder.as_ref()?, page, block)?;
        block.get(..length)
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

    pub(super) fn decode(
        &mut self,
        dictionary: Option<&Dictionary>,
        block: &[u8],
        page: &Page<'_>,
    ) -> Result {
        decode(&mut self.decompressor, dictionary, block, page)
    }

    pub(super) fn equals(
        &mut self,
        dictionary: Option<&Dictionary>,
        block: &[u8],
        page: &Page<'_>,
    ) -> bool {
        let Self {
            decompressor,
            page: ours,
        } = self;
        decode(decompressor, dictionary, block, &ours.as_page()).is_ok()
            && raw_equals(ours.bytes_mut(), page.bytes())
    }

    pub(super) fn bytes(&self) -> usize {
        self.decompressor.bytes() + size_of::<PageBuffer>()
    }
}

fn decode(
    decompressor: &mut Decompressor,
    dictionary: Option<&Dictionary>,
    block: &[u8],
    page: &Page<'_>,
) -> Result {
    match dictionary {
        Some(dictionary) => decompressor.decompress_with(dictionary, block, page),
        None => decompressor.decompress(block, page),
    }
}

impl Codec for Zstd {
    const NAME: &'static str = "zstd";

    fn extra(need: Need) -> Result<Extra> {
        let encoder = match need {
            Need::Gets => None,
            Need::Puts => Some(State::new()?),
        };
        Ok(Extra {
            encoder,
            decoder: Some(DecodeState::new()?),
        })
    }

    fn encode<'a>(workspace: &'a mut Workspace, page: &Page<'_>, limit: usize) -> Option<&'a [u8]> {
        let State {
            compressor, block, ..
        } = workspace.zstd.as_mut()?;
        let block = block.get_mut(..limit.checked_sub(1)?)?;
        let length = compressor.compress(page, block)?;
        block.get(..length)
    }

    fn equals(decoder: &mut Decoder, block: &[u8], page: &Page<'_>) -> bool {
        let state = decoder.zstd.as_mut();
        state.is_some_and(|state| state.equals(None, block, page))
    }

    fn decode(decoder: &mut Decoder, block: &[u8], page: &Page<'_>) -> Result {
        let state = decoder.zstd.as_mut().ok_or(EIO)?;
        state.decode(None, block, page)
    }
}
