// SPDX-License-Identifier: GPL-2.0
//! How a dictionary is made of some of an account's pages, while these are encoded for the first time.
#![forbid(unsafe_code)]

use super::codec::{Algorithm, Workspace};
use crate::{
    account::Owner,
    core::{
        dictionary::{Teacher, BYTES, PAGES, PIECE, PLACES},
        size::PAGE_SIZE,
    },
    ffi::{
        page::{Page, PageBuffer},
        zstd::Dictionary,
    },
};
use kernel::{prelude::*, sync::Arc};

/// An account with fewer pages would save less than a dictionary takes, or little more.
pub(super) const LEAST_PAGES: u64 = 2048;

/// The sample is taken of the first of so many parts of an account's pages: they are encoded without a dictionary.
const PARTS: u64 = 32;

/// Of so many pages, one is kept to try the dictionary with.
const TRY: usize = 9;
const SAMPLE: usize = PAGES + PAGES / (TRY - 1);

/// It is kept if it saves a page this part of its bytes.
const WORTH: usize = 32;

/// Some pages of an account.
pub(super) struct Lesson {
    owner: Owner,
    inode: u64,
    /// Of so many pages, one is in the sample.
    every: u64,
    passed: u64,
    pages: KVec<KBox<PageBuffer>>,
    teacher: Teacher<KVBox<[u16; PLACES]>>,
}

impl Lesson {
    /// Bytes of memory that it takes, with what a dictionary does.
    pub(super) const BYTES: u64 =
        (SAMPLE * PAGE_SIZE + size_of::<[u16; PLACES]>() + 4 * BYTES) as u64;

    /// For an account of so many pages. May sleep. ENOMEM.
    pub(super) fn new(owner: Owner, inode: u64, pages: u64) -> Result<Self> {
        Ok(Self {
            owner,
            inode,
            every: pages / PARTS / SAMPLE as u64 + 1,
            passed: 0,
            pages: KVec::with_capacity(SAMPLE, GFP_KERNEL)?,
            teacher: Teacher::new(KVBox::init(pin_init::init_zeroed(), GFP_KERNEL)?),
        })
    }

    /// Whether it is about this account, of the cgroup of that inode.
    pub(super) fn is_about(&self, owner: Owner, inode: u64) -> bool {
        (self.owner, self.inode) == (owner, inode)
    }

    /// One page of the account; whether the sample is complete. May sleep. ENOMEM.
    pub(super) fn see(&mut self, page: &Page<'_>) -> Result<bool> {
        self.passed = self.passed.wrapping_add(1);
        if self.passed % self.every == 0 {
            let mut copy: KBox<PageBuffer> = KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?;
            page.copy_to(copy.bytes_mut());
            if !is_tried(self.pages.len()) {
                self.teacher.show(copy.bytes_mut());
            }
            self.pages.push(copy, GFP_KERNEL)?;
        }
        Ok(self.pages.len() == SAMPLE)
    }

    /// The dictionary; [`None`] if it saves too little. May sleep. ENOMEM.
    pub(super) fn end(mut self, workspace: &mut Workspace) -> Result<Option<Arc<Dictionary>>> {
        let dictionary = Arc::new(Dictionary::new(self.pieces()?)?, GFP_KERNEL)?;
        let (mut with, mut without) = (0, 0);
        for (number, page) in self.pages.iter_mut().enumerate() {
            if is_tried(number) {
                let page = page.as_page();
                with += length(workspace.encode_with(&dictionary, &page, PAGE_SIZE));
                without += length(Algorithm::Zstd.encode(workspace, &page, PAGE_SIZE));
            }
        }
        Ok((with + without / WORTH <= without).then_some(dictionary))
    }

    /// What most pages have in common comes last: that is nearest to a page.
    fn pieces(&mut self) -> Result<KVVec<u8>> {
        let mut pieces = KVVec::from_elem(0, BYTES, GFP_KERNEL)?;
        let shown = self.pages.iter_mut().enumerate();
        let shown = shown.filter(|(number, _)| !is_tried(*number));
        for (piece, (_, page)) in pieces.chunks_exact_mut(PIECE).rev().zip(shown) {
            for (to, from) in piece.iter_mut().zip(self.teacher.take(page.bytes_mut())) {
                *to = *from;
            }
        }
        Ok(pieces)
    }
}

fn is_tried(number: usize) -> bool {
    number % TRY == TRY - 1
}

fn length(block: Option<&[u8]>) -> usize {
    block.map_or(PAGE_SIZE, <[u8]>::len)
}
