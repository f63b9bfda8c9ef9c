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

    pub(super) fn encode(
        &mut self,
        dictionary: Option<&Arc<Dictionary>>,
        page: &Page<'_>,
        limit: usize,
    ) -> Option<&[u8]> {
        if let Some(dictionary) = dictionary {
            self.adopt(dictionary)?;
        }
        let encoder = self.encoder.as_ref().filter(|_| dictionary.is_some());
        let block = self.block.get_mut(..limit.checked_sub(1)?)?;
        let length = self.compressor.compress(page, block, encoder)?;
        block.get(..length)
    }

    fn adopt(&mut self, dictionary: &Arc<Dictionary>) -> Option<()> {
        let encoder = self.encoder.as_ref();
        if !encoder.is_some_and(|encoder| encoder.is_of(dictionary)) {
            self.encoder = Some(Encoder::new(dictionary.clone(), Level::Dense).ok()?);
        }
        Some(())
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
        self.decompressor.decompress(block, page, dictionary)
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
        decompressor
            .decompress(block, &ours.as_page(), dictionary)
            .is_ok()
            && raw_equals(ours.bytes_mut(), page.bytes())
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
            Need::Puts => Some(State::new()?),
        };
        Ok(Extra {
            encoder,
            decoder: Some(DecodeState::new()?),
        })
    }

    fn encode<'a>(workspace: &'a mut Workspace, page: &Page<'_>, limit: usize) -> Option<&'a [u8]> {
        workspace.zstd.as_mut()?.encode(None, page, limit)
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
