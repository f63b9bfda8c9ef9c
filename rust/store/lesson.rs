// SPDX-License-Identifier: GPL-2.0
//! How a dictionary is made of some of an account's pages, before these are encoded for the first time.
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
use kernel::{alloc::flags::__GFP_NOWARN, prelude::*, sync::Arc};

/// An account with fewer pages would save less than a dictionary takes, or little more.
pub(super) const LEAST_PAGES: u64 = 2048;

/// Pages that are copied: of so many, every other one is dropped again.
const MOST: usize = 2 * CHOSEN;

/// Of them, those that the dictionary is made of, and that it is tried with: one in so many.
const CHOSEN: usize = PAGES + PAGES / (TRIED - 1);
const TRIED: usize = 9;

/// It is kept if it saves them this part of their bytes.
const WORTH: usize = 32;

/// Some of an account's pages, from all of them alike.
pub(super) struct Lesson {
    owner: Owner,
    inode: u64,
    /// Of so many pages, one is copied: a power of two.
    every: usize,
    passed: usize,
    pages: KVec<KBox<PageBuffer>>,
}

impl Lesson {
    /// Bytes of memory that it takes, with what a dictionary does.
    pub(super) const BYTES: u64 =
        (MOST * PAGE_SIZE + size_of::<[u16; PLACES]>() + 4 * BYTES) as u64;

    /// For the account of a cgroup. May sleep. ENOMEM.
    pub(super) fn new(owner: Owner, inode: u64) -> Result<Self> {
        Ok(Self {
            owner,
            inode,
            every: 1,
            passed: 0,
            pages: KVec::with_capacity(MOST, GFP_KERNEL)?,
        })
    }

    /// Whose pages these are.
    pub(super) fn whose(&self) -> (Owner, u64) {
        (self.owner, self.inode)
    }

    /// One more page passes; whether it is to be copied.
    pub(super) fn passes(&mut self) -> bool {
        self.passed = self.passed.wrapping_add(1);
        self.passed & self.every.wrapping_sub(1) == 0
    }

    /// Copies a page. May sleep. ENOMEM.
    pub(super) fn copy(&mut self, page: &Page<'_>) -> Result {
        if self.pages.len() == MOST {
            self.drop_half();
        }
        let mut copy: KBox<PageBuffer> = KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?;
        page.copy_to(copy.bytes_mut());
        Ok(self.pages.push(copy, GFP_KERNEL)?)
    }

    fn drop_half(&mut self) {
        let mut stays = true;
        self.pages.retain(|_| {
            stays = !stays;
            stays
        });
        self.every = self.every.saturating_mul(2);
    }

    /// Whether there are enough to learn from.
    pub(super) fn is_complete(&self) -> bool {
        self.pages.len() >= CHOSEN
    }

    /// The dictionary; [`None`] if it saves too little. May sleep. ENOMEM.
    pub(super) fn end(mut self, workspace: &mut Workspace) -> Result<Option<Arc<Dictionary>>> {
        self.choose();
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

    /// Drops all but some from all parts of the account alike.
    fn choose(&mut self) {
        let (all, mut steps) = (self.pages.len(), 0);
        self.pages.retain(|_| {
            steps += CHOSEN;
            let stays = steps >= all;
            steps -= if stays { all } else { 0 };
            stays
        });
    }

    /// What most pages have in common comes last: that is nearest to a page.
    fn pieces(&mut self) -> Result<KVVec<u8>> {
        let flags = GFP_KERNEL | __GFP_NOWARN;
        let mut teacher = Teacher::new(KVBox::<[u16; PLACES]>::init(
            pin_init::init_zeroed(),
            flags,
        )?);
        for page in shown(&mut self.pages) {
            teacher.show(page.bytes_mut());
        }
        let mut pieces = KVVec::from_elem(0, BYTES, flags)?;
        let places = pieces.chunks_exact_mut(PIECE).rev();
        for (place, page) in places.zip(shown(&mut self.pages)) {
            for (to, from) in place.iter_mut().zip(teacher.take(page.bytes_mut())) {
                *to = *from;
            }
        }
        Ok(pieces)
    }
}

/// Those that a dictionary is made of.
fn shown(pages: &mut [KBox<PageBuffer>]) -> impl Iterator<Item = &mut KBox<PageBuffer>> {
    let pages = pages.iter_mut().enumerate();
    pages.filter_map(|(number, page)| (!is_tried(number)).then_some(page))
}

fn is_tried(number: usize) -> bool {
    number % TRIED == TRIED - 1
}

fn length(block: Option<&[u8]>) -> usize {
    block.map_or(PAGE_SIZE, <[u8]>::len)
}
