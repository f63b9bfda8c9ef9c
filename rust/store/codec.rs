// SPDX-License-Identifier: GPL-2.0
//! How a page becomes fewer bytes, and comes back.
#![forbid(unsafe_code)]

mod lz4;
mod raw;
mod zstd;

use crate::ffi::{page::Page, zstd::Dictionary};
use core::mem::swap;
use kernel::{prelude::*, sync::Arc};

/// A codec: three functions and a name.
trait Codec {
    /// As users write it.
    const NAME: &'static str;

    /// What it needs that is not always there. May sleep. ENOMEM.
    fn extra(_: Need) -> Result<Extra> {
        Ok(Extra::default())
    }

    /// The page in less than `limit` bytes, or [`None`]. Does not sleep.
    fn encode<'a>(workspace: &'a mut Workspace, page: &Page<'_>, limit: usize) -> Option<&'a [u8]>;

    /// Whether `block` stands for just this page. Does not sleep.
    fn equals(decoder: &mut Decoder, block: &[u8], page: &Page<'_>) -> bool;

    /// Writes the page that `block` stands for. Does not sleep. EIO when it stands for none.
    fn decode(decoder: &mut Decoder, block: &[u8], page: &Page<'_>) -> Result;
}

/// What encoding one page needs, whatever the codec.
pub struct Workspace {
    lz4: lz4::State,
    zstd: Option<zstd::State>,
}

impl Workspace {
    /// May sleep. ENOMEM.
    pub fn new() -> Result<Self> {
        Ok(Self {
            lz4: lz4::State::new()?,
            zstd: None,
        })
    }

    /// One for work in the background, by zstd at a higher level. May sleep. ENOMEM.
    pub fn dense() -> Result<Self> {
        Ok(Self {
            zstd: Some(zstd::State::dense()?),
            ..Self::new()?
        })
    }

    /// As [`Algorithm::encode`] by zstd, with a dictionary that decoding it needs, too. May sleep, without I/O.
    pub(super) fn encode_with(
        &mut self,
        dictionary: &Arc<Dictionary>,
        page: &Page<'_>,
        limit: usize,
    ) -> Option<&[u8]> {
        self.zstd.as_mut()?.encode(Some(dictionary), page, limit)
    }

    /// Takes from `extra` what it lacks itself.
    pub(super) fn adopt(&mut self, extra: &mut Extra) {
        if self.zstd.is_none() {
            swap(&mut self.zstd, &mut extra.encoder);
        }
    }

    /// Bytes of memory it holds.
    pub(super) fn bytes(&self) -> usize {
        self.lz4.bytes() + self.zstd.as_ref().map_or(0, zstd::State::bytes)
    }
}

/// What decoding one page needs, whatever the codec.
#[derive(Default)]
pub struct Decoder {
    zstd: Option<zstd::DecodeState>,
}

impl Decoder {
    /// As [`Algorithm::decode`] of what zstd encoded with a dictionary.
    pub(super) fn decode_with(
        &mut self,
        dictionary: &Dictionary,
        block: &[u8],
        page: &Page<'_>,
    ) -> Result {
        let state = self.zstd.as_mut().ok_or(EIO)?;
        state.decode(Some(dictionary), block, page)
    }

    /// As [`Algorithm::equals`] of such a one.
    pub(super) fn equals_with(
        &mut self,
        dictionary: &Dictionary,
        block: &[u8],
        page: &Page<'_>,
    ) -> bool {
        let state = self.zstd.as_mut();
        state.is_some_and(|state| state.equals(Some(dictionary), block, page))
    }

    /// Takes from `extra` what it lacks itself.
    pub(super) fn adopt(&mut self, extra: &mut Extra) {
        if self.zstd.is_none() {
            swap(&mut self.zstd, &mut extra.decoder);
        }
    }

    /// Bytes of memory it holds.
    pub(super) fn bytes(&self) -> usize {
        self.zstd.as_ref().map_or(0, zstd::DecodeState::bytes)
    }
}

/// Who needs a codec.
#[derive(Clone, Copy)]
pub enum Need {
    /// Gets, of what was encoded in the background.
    Gets = 1,
    /// Puts as well.
    Puts = 3,
}

/// What only some codecs need, on its way to a [`Workspace`] and a [`Decoder`]: nothing may be
/// allocated while these are locked.
#[derive(Default)]
pub struct Extra {
    encoder: Option<zstd::State>,
    decoder: Option<zstd::DecodeState>,
}

/// Defines [`Algorithm`]: the codecs there are, and who does what for each.
macro_rules! algorithms {
    ($($(#[$doc:meta])* $name:ident = $number:literal => $codec:ty),* $(,)?) => {
        /// The codec of some bytes. Kept with them, so that they stay readable when another is
        /// chosen.
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Algorithm { $($(#[$doc])* $name = $number),* }

        impl Algorithm {
            /// All their names.
            pub const NAMES: &'static [&'static str] = &[$(<$codec>::NAME),*];

            /// By name; [`None`] for an unknown one.
            pub fn named(name: &str) -> Option<Self> {
                [$((<$codec>::NAME, Self::$name)),*]
                    .into_iter()
                    .find_map(|(known, algorithm)| (known == name).then_some(algorithm))
            }

            /// By number, as `as u8` gives it; [`None`] for an unknown one.
            pub fn numbered(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => <$codec>::NAME),*
                }
            }

            /// What it needs that is not always there. May sleep. ENOMEM.
            pub(super) fn extra(self, need: Need) -> Result<Extra> {
                match self {
                    $(Self::$name => <$codec>::extra(need)),*
                }
            }

            /// The page in less than `limit` bytes, or [`None`].
            pub(super) fn encode<'a>(
                self,
                workspace: &'a mut Workspace,
                page: &Page<'_>,
                limit: usize,
            ) -> Option<&'a [u8]> {
                match self {
                    $(Self::$name => <$codec>::encode(workspace, page, limit)),*
                }
            }

            /// Whether `block` stands for just this page.
            pub(super) fn equals(
                self,
                decoder: &mut Decoder,
                block: &[u8],
                page: &Page<'_>,
            ) -> bool {
                match self {
                    $(Self::$name => <$codec>::equals(decoder, block, page)),*
                }
            }

            /// Writes the page that `block` stands for. EIO when it stands for none.
            pub(super) fn decode(
                self,
                decoder: &mut Decoder,
                block: &[u8],
                page: &Page<'_>,
            ) -> Result {
                match self {
                    $(Self::$name => <$codec>::decode(decoder, block, page)),*
                }
            }
        }
    };
}

algorithms! {
    /// LZ4 block format.
    Lz4 = 1 => lz4::Lz4,
    /// zstd.
    Zstd = 3 => zstd::Zstd,
    /// The page as it is.
    Raw = 2 => raw::Raw,
}
