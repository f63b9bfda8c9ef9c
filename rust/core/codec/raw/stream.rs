// SPDX-License-Identifier: GPL-2.0
//! What a decoder needs: positions in a block and in the page it becomes, the copies between and
//! within them.
//!
//! As with [`Place`], a value of each of these types can be made by a check only, and every
//! function is safe for every caller.

use super::super::super::size::PAGE_SIZE;
use super::Place;
use core::sync::atomic::AtomicU8;

/// The bytes of one page, written, and read again.
///
/// What is read need not be what was written: a page under I/O can be written meanwhile.
pub trait Sink {
    /// The `COUNT` bytes from `at`.
    fn get<const COUNT: usize>(&self, at: Place<COUNT>) -> [u8; COUNT];
    /// Writes the `COUNT` bytes from `at`.
    fn put<const COUNT: usize>(&self, at: Place<COUNT>, bytes: [u8; COUNT]);
}

impl Sink for [AtomicU8; PAGE_SIZE] {
    #[inline(always)]
    fn get<const COUNT: usize>(&self, at: Place<COUNT>) -> [u8; COUNT] {
        // SAFETY: by the invariant of `Place`, `at + COUNT <= PAGE_SIZE`; the rest as in `load64`.
        unsafe {
            self.as_ptr()
                .add(at.0)
                .cast::<[u8; COUNT]>()
                .read_volatile()
        }
    }

    #[inline(always)]
    fn put<const COUNT: usize>(&self, at: Place<COUNT>, bytes: [u8; COUNT]) {
        // SAFETY: by the invariant of `Place`, `at + COUNT <= PAGE_SIZE`, so the bytes are inside
        // the array, and they need no alignment. They are interior-mutable, so that they may be
        // written through a shared reference. The store is not volatile, for which the compiler
        // would take a way over the stack; however it is done, another who reads or writes these
        // bytes meanwhile finds some bytes.
        unsafe {
            self.as_ptr()
                .add(at.0)
                .cast::<[u8; COUNT]>()
                .cast_mut()
                .write(bytes)
        }
    }
}

/// Half a byte.
///
/// # Invariants
///
/// `self.0 <= Nibble::MOST`.
#[derive(Clone, Copy)]
pub struct Nibble(usize);

impl Nibble {
    /// The greatest.
    pub const MOST: usize = 15;

    /// The lower half of a byte.
    #[inline(always)]
    pub fn lower(byte: usize) -> Self {
        // INVARIANT: 4 bits are left.
        Self(byte & Self::MOST)
    }

    /// The upper half of a byte.
    #[inline(always)]
    pub fn upper(byte: usize) -> Self {
        Self::lower(byte >> 4)
    }

    /// The number.
    #[inline(always)]
    pub fn get(self) -> usize {
        self.0
    }
}

/// A position in a block from which `ROOM` bytes can be read.
///
/// # Invariants
///
/// `self.at + ROOM <= self.block.len()`.
#[derive(Clone, Copy)]
pub struct Window<'a, const ROOM: usize> {
    block: &'a [u8],
    at: usize,
}

impl<'a, const ROOM: usize> Window<'a, ROOM> {
    /// The position `at` of `block`, if there is the room.
    #[inline(always)]
    pub fn new(block: &'a [u8], at: usize) -> Option<Self> {
        const { assert!(ROOM > 0) };
        // INVARIANT: `at < len - (ROOM - 1)`, or there is no such position.
        (at < block.len().saturating_sub(ROOM - 1)).then_some(Self { block, at })
    }

    /// The first `COUNT` bytes.
    #[inline(always)]
    pub fn get<const COUNT: usize>(self) -> [u8; COUNT] {
        const { assert!(COUNT <= ROOM) };
        // SAFETY: by the invariant, these bytes are inside the block; bytes need no alignment.
        unsafe {
            self.block
                .as_ptr()
                .add(self.at)
                .cast::<[u8; COUNT]>()
                .read()
        }
    }

    /// The same position or a part of its room: `BY` bytes on, with `LEFT` bytes from there.
    #[inline(always)]
    pub fn part<const BY: usize, const LEFT: usize>(self) -> Window<'a, LEFT> {
        const { assert!(BY + LEFT <= ROOM) };
        // INVARIANT: no more than the room is used.
        Window {
            block: self.block,
            at: self.at.wrapping_add(BY),
        }
    }

    /// The positions of `COUNT` parts of the room, side by side, of `PART` bytes each.
    #[inline(always)]
    pub fn split<const COUNT: usize, const PART: usize>(self) -> [Window<'a, PART>; COUNT] {
        const { assert!(COUNT * PART <= ROOM) };
        // INVARIANT: no more than the room is used.
        core::array::from_fn(|n| Window {
            block: self.block,
            at: self.at.wrapping_add(n * PART),
        })
    }

    /// The position `by` bytes on.
    #[inline(always)]
    pub fn skip<const LEFT: usize>(self, by: Nibble) -> Window<'a, LEFT> {
        const { assert!(Nibble::MOST + LEFT <= ROOM) };
        // INVARIANT: no more than the room is used.
        Window {
            block: self.block,
            at: self.at.wrapping_add(by.0),
        }
    }

    /// The position as a number.
    #[inline(always)]
    pub fn at(self) -> usize {
        self.at
    }
}

/// Bytes of a block that go to a page.
///
/// # Invariants
///
/// `self.from + self.count <= self.block.len()` and `self.to + self.count <= PAGE_SIZE`.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    block: &'a [u8],
    from: usize,
    to: usize,
    count: usize,
}

impl<'a> Run<'a> {
    /// The `count` bytes from `from` on, which go to `to`; `None` if the block or the page ends
    /// before.
    #[inline(always)]
    pub fn new(block: &'a [u8], from: usize, to: Place<0>, count: u32) -> Option<Self> {
        let count = count as usize;
        let fits = from.checked_add(count)? <= block.len() && to.0.wrapping_add(count) <= PAGE_SIZE;
        // INVARIANT: checked here; the second sum is too small to wrap.
        fits.then_some(Self {
            block,
            from,
            to: to.0,
            count,
        })
    }

    /// The first `COUNT` bytes, and where they go, if there are as many.
    #[inline(always)]
    pub fn first<const COUNT: usize>(self) -> Option<(Window<'a, COUNT>, Place<COUNT>)> {
        // INVARIANT: there are `COUNT` bytes from the beginning on in both.
        (self.count >= COUNT).then_some((
            Window {
                block: self.block,
                at: self.from,
            },
            Place(self.to),
        ))
    }

    /// The last `COUNT` bytes, and where they go, if there are as many.
    #[inline(always)]
    pub fn last<const COUNT: usize>(self) -> Option<(Window<'a, COUNT>, Place<COUNT>)> {
        let at = self.count.checked_sub(COUNT)?;
        // INVARIANT: there are `COUNT` bytes to the end in both.
        Some((
            Window {
                block: self.block,
                at: self.from.wrapping_add(at),
            },
            Place(self.to.wrapping_add(at)),
        ))
    }

    /// All but the first `COUNT` bytes, if there are as many.
    #[inline(always)]
    pub fn rest<const COUNT: usize>(self) -> Option<Self> {
        // INVARIANT: the ends stay.
        Some(Self {
            count: self.count.checked_sub(COUNT)?,
            from: self.from.wrapping_add(COUNT),
            to: self.to.wrapping_add(COUNT),
            ..self
        })
    }

    /// The ends in the block and in the page.
    #[inline(always)]
    pub fn end(self) -> (usize, Place<0>) {
        // INVARIANT: the end is no farther than `PAGE_SIZE`.
        (
            self.from.wrapping_add(self.count),
            Place(self.to.wrapping_add(self.count)),
        )
    }
}

/// A part of a page that is to become a copy of what is `offset` bytes before it, step by step.
///
/// # Invariants
///
/// `self.offset <= self.to < self.end <= Place::<STEP>::LAST + 1`, so there are `STEP` bytes from
/// `to` on.
#[derive(Clone, Copy)]
pub struct Echo<const STEP: usize> {
    to: usize,
    end: usize,
    offset: usize,
}

impl<const STEP: usize> Echo<STEP> {
    /// `MORE + more` bytes from `to` on, if so many steps as reach their end are inside the page.
    #[inline(always)]
    pub fn new<const MORE: usize>(to: Place<0>, more: u32, offset: usize) -> Option<Self> {
        const { assert!(MORE > 0) };
        let end = to.0.wrapping_add(more as usize).wrapping_add(MORE);
        // INVARIANT: checked here; the sum is too small to wrap, and more than `to`.
        (offset <= to.0 && end <= Place::<STEP>::LAST + 1).then_some(Self {
            to: to.0,
            end,
            offset,
        })
    }

    /// Where the next bytes go.
    #[inline(always)]
    pub fn to(self) -> Place<STEP> {
        // INVARIANT: that of the type.
        Place(self.to)
    }

    /// Where the next bytes are.
    #[inline(always)]
    pub fn from(self) -> Place<STEP> {
        // INVARIANT: it is not behind `to`.
        Place(self.to.wrapping_sub(self.offset))
    }

    /// The last position inside the part, and from where it is copied.
    #[inline(always)]
    pub fn last(self) -> (Place<STEP>, Place<STEP>) {
        let last = self.end.wrapping_sub(1);
        // INVARIANT: `offset <= to <= last <= LAST`.
        (Place(last.wrapping_sub(self.offset)), Place(last))
    }

    /// What is left after a step.
    #[inline(always)]
    pub fn next(self) -> Option<Self> {
        let to = self.to.wrapping_add(STEP);
        // INVARIANT: checked here.
        (to < self.end).then_some(Self { to, ..self })
    }

    /// The end.
    #[inline(always)]
    pub fn end(self) -> Place<0> {
        // INVARIANT: less than `PAGE_SIZE`.
        Place(self.end)
    }
}
