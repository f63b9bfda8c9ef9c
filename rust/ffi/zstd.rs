// SPDX-License-Identifier: GPL-2.0
//! zstd, one page at a time, with memory that is allocated once.

mod dictionary;

pub use dictionary::{Dictionary, Encoder};

use super::{
    bindings,
    page::{Page, PageBuffer},
};
use crate::core::size::PAGE_SIZE;
use core::{ffi::c_void, ptr::NonNull};
use kernel::{alloc::flags::__GFP_NOWARN, prelude::*};

/// zstd's levels that are of use for pages.
#[derive(Clone, Copy)]
pub enum Level {
    /// What zram uses when nobody says: the bytes of two levels less, for 16 KiB more.
    Default = 3,
    /// 3.5% fewer bytes, for twice the time. The next level that makes fewer takes ten times as long.
    Dense = 6,
}

/// Memory for one of zstd's contexts, which is inside it.
///
/// # Invariants
///
/// `context` is in `memory`, to which there is no other way.
struct Workspace<C> {
    context: NonNull<C>,
    memory: VVec<u64>,
}

// SAFETY: a context is plain memory.
unsafe impl<C> Send for Workspace<C> {}

impl<C> Workspace<C> {
    /// Memory of `bytes` for what `init` makes in it. May sleep. ENOMEM.
    ///
    /// # Safety
    ///
    /// What `init` gives must be in the memory it is given, or null.
    unsafe fn new(
        bytes: usize,
        init: unsafe extern "C" fn(*mut c_void, usize) -> *mut C,
    ) -> Result<Self> {
        let flags = GFP_KERNEL | __GFP_NOWARN;
        let mut memory = VVec::<u64>::with_capacity(bytes.div_ceil(8), flags)?;
        // SAFETY: the memory is as long, aligned to 8 as zstd wants, and ours.
        let context = unsafe { init(memory.as_mut_ptr().cast(), bytes) };
        // INVARIANT: as the caller promises; nobody looks into a vector without elements.
        Ok(Self {
            context: NonNull::new(context).ok_or(ENOMEM)?,
            memory,
        })
    }

    fn bytes(&self) -> usize {
        8 * self.memory.capacity()
    }
}

/// Compresses pages.
pub struct Compressor {
    workspace: Workspace<bindings::zstd_cctx>,
    parameters: bindings::zstd_parameters,
    /// A page may change while it is compressed, which zstd is not made for.
    source: KBox<PageBuffer>,
}

impl Compressor {
    /// May sleep. ENOMEM.
    pub fn new(level: Level) -> Result<Self> {
        Self::with(level, 0)
    }

    /// One that compresses with dictionaries, too. May sleep. ENOMEM.
    pub fn with_dictionaries(level: Level) -> Result<Self> {
        // SAFETY: only reads the parameters.
        let bytes = unsafe { bindings::zstd_cctx_workspace_bound(&dictionary::parameters(level)) };
        Self::with(level, bytes)
    }

    fn with(level: Level, least_bytes: usize) -> Result<Self> {
        // SAFETY: has no preconditions.
        let parameters = unsafe { bindings::zstd_get_params(level as i32, PAGE_SIZE as u64) };
        // SAFETY: only reads the parameters.
        let bytes = unsafe { bindings::zstd_cctx_workspace_bound(&parameters.cParams) };
        let bytes = bytes.max(least_bytes);
        Ok(Self {
            // SAFETY: `zstd_init_cctx` makes a context at the beginning of what it is given.
            workspace: unsafe { Workspace::new(bytes, bindings::zstd_init_cctx) }?,
            parameters,
            source: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
        })
    }

    /// Compresses `page` into `block`, with a dictionary if there is to be one, which decompressing it needs, too; gives the length, or
    /// [`None`] if there is no room for it. Does not sleep.
    pub fn compress(
        &mut self,
        page: &Page<'_>,
        block: &mut [u8],
        encoder: Option<&Encoder>,
    ) -> Option<usize> {
        let source = self.source.bytes_mut();
        page.copy_to(source);
        let context = self.workspace.context.as_ptr();
        let (to, room, from) = (
            block.as_mut_ptr().cast(),
            block.len(),
            source.as_ptr().cast(),
        );
        let length = match encoder {
            // SAFETY: the context and the encoder are valid ones, and the areas are as long as said.
            Some(encoder) => unsafe {
                bindings::zstd_compress_using_cdict(
                    context,
                    to,
                    room,
                    from,
                    PAGE_SIZE,
                    encoder.encoder(),
                )
            },
            // SAFETY: as above.
            None => unsafe {
                bindings::zstd_compress_cctx(context, to, room, from, PAGE_SIZE, &self.parameters)
            },
        };
        // An error is a length beyond any.
        (length <= room).then_some(length)
    }

    /// Bytes of memory it holds.
    pub fn bytes(&self) -> usize {
        self.workspace.bytes() + size_of::<PageBuffer>()
    }
}

/// Decompresses pages.
pub struct Decompressor {
    workspace: Workspace<bindings::zstd_dctx>,
}

impl Decompressor {
    /// May sleep. ENOMEM.
    pub fn new() -> Result<Self> {
        // SAFETY: has no preconditions.
        let bytes = unsafe { bindings::zstd_dctx_workspace_bound() };
        Ok(Self {
            // SAFETY: `zstd_init_dctx` makes a context at the beginning of what it is given.
            workspace: unsafe { Workspace::new(bytes, bindings::zstd_init_dctx) }?,
        })
    }

    /// Writes the page that `block` stands for, with the dictionary that it was compressed with, if it was with one. Does not
    /// sleep. EIO when it stands for none.
    pub fn decompress(
        &mut self,
        block: &[u8],
        page: &Page<'_>,
        dictionary: Option<&Dictionary>,
    ) -> Result {
        let context = self.workspace.context.as_ptr();
        let (to, from, length) = (page.as_ptr(), block.as_ptr().cast(), block.len());
        let length = match dictionary {
            // SAFETY: the context and the dictionary are valid ones, and the areas are as long as said. Others may write
            // to the page: zstd reads from it what it copies, never how much or from where.
            Some(dictionary) => unsafe {
                bindings::zstd_decompress_using_ddict(
                    context,
                    to,
                    PAGE_SIZE,
                    from,
                    length,
                    dictionary.decoder(),
                )
            },
            // SAFETY: as above.
            None => unsafe { bindings::zstd_decompress_dctx(context, to, PAGE_SIZE, from, length) },
        };
        if length == PAGE_SIZE {
            Ok(())
        } else {
            Err(EIO)
        }
    }

    /// Bytes of memory it holds.
    pub fn bytes(&self) -> usize {
        self.workspace.bytes()
    }
}
