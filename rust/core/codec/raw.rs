// SPDX-License-Identifier: GPL-2.0
//! Loads and stores without bounds checks: the only unsafe code of the codecs.
//!
//! With checks the encoder takes a third more instructions, since the positions come out of a table,
//! where the compiler cannot see their range. So the range is part of a type: a [`Pos`] can be made
//! by a check only, and a [`Table`] holds nothing else. Every function here is safe for every caller.
#![allow(unsafe_code)]

mod stream;

pub use self::stream::{Echo, Nibble, Run, Sink, Window};
use super::super::size::PAGE_SIZE;
use core::{
    arch::asm,
    sync::atomic::{AtomicU8, Ordering},
};

/// A position in a page from which `ROOM` bytes can be read or written.
///
/// # Invariants
///
/// `self.0 <= Self::LAST`.
#[derive(Clone, Copy)]
pub struct Place<const ROOM: usize>(usize);

/// A position in a page from which 16 bytes can be read.
pub type Pos = Place<16>;

impl<const ROOM: usize> Place<ROOM> {
    /// The lowest position.
    // INVARIANT: there are `ROOM` bytes, or `LAST` does not compile.
    pub const ZERO: Self = {
        let _compiles = Self::LAST;
        Self(0)
    };
    /// The highest position.
    pub const LAST: usize = PAGE_SIZE - ROOM;

    /// The position `at`, if there is the room.
    #[inline(always)]
    pub fn new(at: usize) -> Option<Self> {
        // INVARIANT: checked here.
        (at <= Self::LAST).then_some(Self(at))
    }

    /// `COUNT` positions from `first`, if each has the room: one check for all.
    #[inline(always)]
    pub fn row<const COUNT: usize>(first: usize) -> Option<[Self; COUNT]> {
        const { assert!(COUNT <= Self::LAST + 1) };
        // INVARIANT: the last of them is `first + COUNT - 1 <= LAST`.
        (first <= Self::LAST + 1 - COUNT).then(|| core::array::from_fn(|n| Self(first + n)))
    }

    /// The positions of `COUNT` parts of the room, side by side, of `PART` bytes each.
    #[inline(always)]
    pub fn split<const COUNT: usize, const PART: usize>(self) -> [Place<PART>; COUNT] {
        const { assert!(COUNT * PART <= ROOM) };
        // INVARIANT: no more than the room is used.
        core::array::from_fn(|n| Place(self.0.wrapping_add(n * PART)))
    }

    /// The same position, calculated already: the compiler does not put off a sum any longer.
    #[inline(always)]
    pub fn settled(self) -> Self {
        // INVARIANT: the same number.
        Self(opaque(self.0))
    }

    /// The position before.
    #[inline(always)]
    pub fn previous(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }

    /// The same position or a part of its room: `BY` bytes on, with `LEFT` bytes from there.
    #[inline(always)]
    pub fn part<const BY: usize, const LEFT: usize>(self) -> Place<LEFT> {
        const { assert!(BY + LEFT <= ROOM) };
        // INVARIANT: no more than the room is used.
        Place(self.0.wrapping_add(BY))
    }

    /// The position `by` bytes on.
    #[inline(always)]
    pub fn skip<const LEFT: usize>(self, by: Nibble) -> Place<LEFT> {
        const { assert!(Nibble::MOST + LEFT <= ROOM) };
        // INVARIANT: no more than the room is used.
        Place(self.0.wrapping_add(by.get()))
    }

    /// The position `offset` bytes back, if the page begins before it.
    #[inline(always)]
    pub fn back(self, offset: usize) -> Option<Self> {
        // INVARIANT: there is more room at a lower position.
        self.0.checked_sub(offset).map(Self)
    }

    /// The place `ahead` bytes on.
    #[inline(always)]
    pub fn after(self, ahead: usize) -> usize {
        self.0.wrapping_add(ahead)
    }

    /// How many bytes this position is after `earlier`.
    #[inline(always)]
    pub fn since(self, earlier: Self) -> usize {
        self.0.wrapping_sub(earlier.0)
    }

    /// The position as a number.
    #[inline(always)]
    pub fn get(self) -> usize {
        self.0
    }
}

/// The bytes of one page, read by words.
///
/// Two reads of one place may give different values: a page under I/O can be written meanwhile.
pub trait Source {
    /// The 8 bytes from `OFF` after `at`, the first lowest.
    fn load64<const OFF: usize>(&self, at: Pos) -> u64;
    /// The 4 bytes from `at`, the first lowest.
    fn load32(&self, at: Pos) -> u32;
    /// The byte at `at`.
    fn load8(&self, at: Pos) -> u8;
    /// The byte at `at` modulo the page size.
    fn byte(&self, at: usize) -> u8;
}

/// Atomic bytes may change under the reader, so this is the form for a page that others can write.
impl Source for [AtomicU8; PAGE_SIZE] {
    #[inline(always)]
    fn load64<const OFF: usize>(&self, at: Pos) -> u64 {
        const { assert!(OFF <= 8) };
        // SAFETY: by the invariant of `Pos`, `at + OFF + 8 <= LAST + 16 = PAGE_SIZE`, so the 8 bytes
        // are inside the array, and bytes need no alignment. They are interior-mutable, so another's
        // write breaks no promise made to the compiler; the load is volatile, so it is done once,
        // as the kernel's READ_ONCE() does it.
        u64::from_le_bytes(unsafe {
            self.as_ptr()
                .add(at.0)
                .add(OFF)
                .cast::<[u8; 8]>()
                .read_volatile()
        })
    }

    #[inline(always)]
    fn load32(&self, at: Pos) -> u32 {
        // SAFETY: by the invariant of `Pos`, `at + 4 <= LAST + 16 = PAGE_SIZE`; the rest as in `load64`.
        u32::from_le_bytes(unsafe { self.as_ptr().add(at.0).cast::<[u8; 4]>().read_volatile() })
    }

    #[inline(always)]
    fn load8(&self, at: Pos) -> u8 {
        // SAFETY: by the invariant of `Pos`, `at < PAGE_SIZE`; the rest as in `load64`.
        unsafe { self.as_ptr().add(at.0).cast::<u8>().read_volatile() }
    }

    #[inline(always)]
    fn byte(&self, at: usize) -> u8 {
        self[at % PAGE_SIZE].load(Ordering::Relaxed)
    }
}

/// An index into the table.
#[derive(Clone, Copy)]
pub struct Slot(usize);

impl Slot {
    /// The slot of a word's first 4 bytes.
    #[inline(always)]
    pub fn of_four_bytes(word: u32) -> Self {
        Self((word.wrapping_mul(2_654_435_761) >> (u32::BITS - SLOT_BITS)) as usize)
    }

    /// The slot of a word's first 5 bytes: the shift drops the others from the product.
    #[inline(always)]
    pub fn of_five_bytes(word: u64) -> Self {
        Self((word.wrapping_mul(889_523_592_379 << 24) >> (u64::BITS - SLOT_BITS)) as usize)
    }
}

const SLOT_BITS: u32 = 12;
/// How many slots a [`Table`] has.
pub const SLOTS: usize = 1 << SLOT_BITS;

/// Where a hash was last seen.
///
/// # Invariants
///
/// Every entry is a valid [`Pos`].
pub struct Table<'a>(&'a mut [u16; SLOTS]);

impl<'a> Table<'a> {
    /// An empty table in `memory`. Position 0 takes the place of "nothing": it is as good a candidate
    /// as any, so that no look-up has to ask.
    #[inline(always)]
    pub fn new(memory: &'a mut [u16; SLOTS]) -> Self {
        memory.fill(0);
        // INVARIANT: 0 is a valid position.
        Self(memory)
    }

    /// Puts `at` into `slot` and gives what was there.
    #[inline(always)]
    pub fn replace(&mut self, slot: Slot, at: Pos) -> Pos {
        // INVARIANT: what goes in is a valid position, so what comes out was one.
        Place(usize::from(core::mem::replace(
            &mut self.0[slot.0],
            at.0 as u16,
        )))
    }
}

/// The same number, but the compiler does not know it: it calculates this first, and goes on from
/// here.
#[inline(always)]
pub fn opaque(mut number: usize) -> usize {
    // SAFETY: there is no instruction.
    unsafe { asm!("/* {} */", inout(reg) number, options(pure, nomem, nostack, preserves_flags)) };
    number
}
