// SPDX-License-Identifier: GPL-2.0
//! `struct bio`: an I/O request of the block layer, seen page by page of the disk.

use super::{
    bindings, noio,
    page::{Page, PageBuffer},
};
use crate::core::{extent::Extent, size::PAGE_SIZE};
use core::{marker::PhantomData, ptr::NonNull};
use kernel::prelude::*;

/// What a request asks for.
#[derive(Clone, Copy)]
pub enum Operation {
    /// Fill the request's pages from the disk.
    Read,
    /// Store the request's pages.
    Write,
    /// The pages are not needed any more, and read as zeroes.
    Discard,
}

/// Why a page is not filled.
pub enum Unfilled {
    /// The page of that number is somewhere else.
    Elsewhere(u64),
    /// There is no way to.
    Failed(Error),
}

impl From<Error> for Unfilled {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A request that a driver holds.
///
/// # Invariants
///
/// `bio` was submitted to the driver and has not been ended; its segments' memory is in the direct
/// map and stays until it ends.
pub struct Bio {
    bio: NonNull<bindings::bio>,
}

/// Where a page that is written comes from.
///
/// # Invariants
///
/// The page that holds byte `offset` after `page` lives for `'a`, and is locked or under writeback if
/// the swap core writes it.
pub struct Origin<'a> {
    page: *mut bindings::page,
    offset: usize,
    is_swap: bool,
    _memory: PhantomData<&'a ()>,
}

impl Origin<'_> {
    /// What names a page that is swapped out for its life, until the machine is started again: its
    /// anonymous mapping, and its place there. [`None`] for pages that have none.
    pub fn place(&self) -> Option<[u64; 2]> {
        let mut place = [0; 2];
        // A page that the swap core does not write may be any memory.
        if !self.is_swap {
            return None;
        }
        // SAFETY: by the invariant the page lives, and what is read of it does not change; `place`
        // has room for two words.
        let has_place =
            unsafe { bindings::tmem_page_place(self.page, self.offset, place.as_mut_ptr()) };
        has_place.then_some(place)
    }
}

/// Where in a request's segments an iteration stands.
struct Cursor {
    vector: *const bindings::bio_vec,
    done: usize,
    left: usize,
}

impl Bio {
    /// # Safety
    ///
    /// `bio` must be as the type's invariant says for as long as the value is used.
    pub(super) unsafe fn new(bio: NonNull<bindings::bio>) -> Self {
        // INVARIANT: as the caller promises.
        Self { bio }
    }

    fn raw(&self) -> &bindings::bio {
        // SAFETY: by the invariant the bio lives, and its owner leaves the fields read here alone
        // until it ends.
        unsafe { self.bio.as_ref() }
    }

    /// What it asks for; [`None`] for what a plain disk does not know.
    pub fn operation(&self) -> Option<Operation> {
        match self.raw().bi_opf & bindings::TMEM_REQ_OP_MASK {
            bindings::req_op_REQ_OP_READ => Some(Operation::Read),
            bindings::req_op_REQ_OP_WRITE => Some(Operation::Write),
            bindings::req_op_REQ_OP_DISCARD | bindings::req_op_REQ_OP_WRITE_ZEROES => {
                Some(Operation::Discard)
            }
            _ => None,
        }
    }

    /// Begins to account for the request in the disk's statistics.
    pub(super) fn start_accounting(&self) -> usize {
        // SAFETY: a live bio by the invariant.
        unsafe { bindings::bio_start_io_acct(self.bio.as_ptr()) }
    }

    /// Ends what `start_accounting` began.
    pub(super) fn end_accounting(&self, start: usize) {
        // SAFETY: a live bio by the invariant, of the device that it was begun for.
        unsafe { bindings::bio_end_io_acct_remapped(self.bio.as_ptr(), start, self.raw().bi_bdev) };
    }

    /// Whether the swap core wrote it: its pages stay in memory when it fails.
    pub fn is_swap(&self) -> bool {
        self.raw().bi_opf & bindings::TMEM_REQ_SWAP != 0
    }

    /// The pages of the disk that it covers; [`None`] when it does not cover whole pages.
    pub fn extent(&self) -> Option<Extent> {
        let iter = &self.raw().bi_iter;
        Extent::of(iter.bi_sector, iter.bi_size.into())
    }

    /// Calls `read` with each page's number and memory to be filled, in order, until it is not.
    ///
    /// `extent` is what [`Bio::extent`] says. ENOMEM only for a page that lies in pieces.
    #[inline(always)]
    pub fn read_pages(
        &self,
        extent: Extent,
        mut read: impl FnMut(u64, &Page<'_>) -> Result<(), Unfilled>,
    ) -> Result<(), Unfilled> {
        let mut cursor = self.cursor();
        for index in extent.first..extent.end() {
            let mut gathered = None;
            // One call, so that it is compiled into the loop.
            read(index, &cursor.page(&mut gathered, Direction::ToBio)?)?;
            if let Some(mut gathered) = gathered {
                cursor.copy(gathered.bytes_mut(), Direction::ToBio);
            }
        }
        Ok(())
    }

    /// Calls `write` with each page's number, its memory to be stored, the number of the cgroup
    /// that owns the memory (`page_cgroup_ino`), and where it comes from, in order, until one fails.
    ///
    /// `extent` is what [`Bio::extent`] says. ENOMEM only for a page that lies in pieces.
    pub fn write_pages(
        &self,
        extent: Extent,
        mut write: impl FnMut(u64, &Page<'_>, u64, &Origin<'_>) -> Result,
    ) -> Result {
        let mut cursor = self.cursor();
        for index in extent.first..extent.end() {
            let (owner, origin) = (cursor.owner(), cursor.origin(self.is_swap()));
            let mut gathered = None;
            let page = cursor.page(&mut gathered, Direction::FromBio)?;
            write(index, &page, owner, &origin)?;
        }
        Ok(())
    }

    fn cursor(&self) -> Cursor {
        const OFFSET: usize = bindings::TMEM_BVEC_ITER_OFFSET as usize;
        let bio = self.raw();
        let iterator = &raw const bio.bi_iter;
        Cursor {
            // SAFETY: the iterator's index is inside the bio's vectors.
            vector: unsafe { bio.bi_io_vec.add(bio.bi_iter.bi_idx as usize) },
            // SAFETY: the iterator's field of that offset, which has two names (bindings.h).
            done: unsafe { iterator.byte_add(OFFSET).cast::<u32>().read_unaligned() } as usize,
            left: bio.bi_iter.bi_size as usize,
        }
    }
}

enum Direction {
    ToBio,
    FromBio,
}

impl Cursor {
    /// The rest of the segment it stands in: address and length, at most `limit` bytes.
    fn piece(&self, limit: usize) -> (*mut u8, usize) {
        // SAFETY: the iteration is over `left` bytes that the vectors hold, so that with `limit` >
        // 0 of them left this vector is one of them, and its page is in the direct map.
        unsafe {
            let vector = &*self.vector;
            let start = bindings::tmem_page_address(vector.bv_page).cast::<u8>();
            let length = (vector.bv_len as usize).saturating_sub(self.done);
            (
                start.add(vector.bv_offset as usize).add(self.done),
                length.min(limit),
            )
        }
    }

    /// The cgroup that owns the page it stands in.
    fn owner(&self) -> u64 {
        // SAFETY: as for `piece`: the vector holds bytes that are left, so that its page lives, and
        // so does the page that its offset leads to.
        unsafe {
            let vector = &*self.vector;
            let offset = (vector.bv_offset as usize).wrapping_add(self.done);
            bindings::tmem_page_owner(vector.bv_page, offset)
        }
    }

    /// Where the page that it stands in comes from.
    fn origin<'a>(&self, is_swap: bool) -> Origin<'a> {
        // SAFETY: as for `piece`.
        let vector = unsafe { &*self.vector };
        // INVARIANT: the page is one of the bio's, which stays until the bio ends: after the closure
        // that gets this origin, and nothing else outlives it.
        Origin {
            page: vector.bv_page,
            offset: (vector.bv_offset as usize).wrapping_add(self.done),
            is_swap,
            _memory: PhantomData,
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.done = self.done.wrapping_add(bytes);
        self.left = self.left.saturating_sub(bytes);
        // SAFETY: as for `piece`; the next vector is looked at only while bytes are left, which it
        // then holds.
        unsafe {
            if self.done >= (*self.vector).bv_len as usize {
                self.vector = self.vector.add(1);
                self.done = 0;
            }
        }
    }

    /// The next page, if it lies in one piece and aligned to words.
    fn whole_page<'a>(&mut self) -> Option<Page<'a>> {
        if self.left < PAGE_SIZE {
            return None;
        }
        let (start, length) = self.piece(PAGE_SIZE);
        let start = start.cast::<u64>();
        if length < PAGE_SIZE || !start.is_aligned() {
            return None;
        }
        self.advance(PAGE_SIZE);
        // SAFETY: PAGE_SIZE bytes, aligned, in the direct map, where nothing is at address 0, of the
        // bio's memory, which stays until the bio ends: after the closure that gets this page, and
        // nothing else outlives it.
        Some(unsafe { Page::new(NonNull::new_unchecked(start)) })
    }

    /// The next page, which is put into `gathered` if it lies in pieces: that has its bytes if they are
    /// to come from the bio. ENOMEM.
    #[inline(always)]
    fn page<'a>(
        &mut self,
        gathered: &'a mut Option<KBox<PageBuffer>>,
        direction: Direction,
    ) -> Result<Page<'a>> {
        match self.whole_page() {
            Some(page) => Ok(page),
            None => self.gather(gathered, direction),
        }
    }

    #[cold]
    fn gather<'a>(
        &mut self,
        gathered: &'a mut Option<KBox<PageBuffer>>,
        direction: Direction,
    ) -> Result<Page<'a>> {
        let buffer = gathered.insert(bounce()?);
        if let Direction::FromBio = direction {
            self.copy(buffer.bytes_mut(), direction);
        }
        Ok(buffer.as_page())
    }

    /// Copies the next page's pieces to or from `bytes`.
    fn copy(&mut self, bytes: &mut [u8; PAGE_SIZE], direction: Direction) {
        let mut at = 0;
        while at < PAGE_SIZE && self.left > 0 {
            let (start, length) = self.piece(PAGE_SIZE.wrapping_sub(at).min(self.left));
            // SAFETY: `length` bytes from `start` are the bio's, and as many from `at` are inside
            // `bytes`.
            unsafe {
                let ours = bytes.as_mut_ptr().add(at);
                match direction {
                    Direction::ToBio => start.copy_from_nonoverlapping(ours, length),
                    Direction::FromBio => ours.copy_from_nonoverlapping(start, length),
                }
            }
            at = at.wrapping_add(length);
            self.advance(length);
        }
    }
}

fn bounce() -> Result<KBox<PageBuffer>> {
    noio::scope(|| KBox::init(pin_init::init_zeroed::<PageBuffer>(), GFP_KERNEL))
}
