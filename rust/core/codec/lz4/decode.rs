// SPDX-License-Identifier: GPL-2.0
//! One page out of the LZ4 block format.
//!
//! Takes the blocks that keep all the format's rules, also those for the end, of which other decoders
//! let some pass; and is safe for any bytes: the positions in the block and in the page are of types
//! that only a check can make. The page is written from its beginning to its end; what is written too much is written
//! again, or the block is refused.
//!
//! What keeps it short, in the order of its worth: four short sequences share the checks of their
//! room; what is the same for all of them is added to addresses, not to positions; short literals
//! and matches are copied as words without asking how many; and long ones by 32 bytes, with the
//! last 32 once more where nothing may be written behind them.
#![forbid(unsafe_code)]

mod copy;

use self::copy::{copy, put_16, put_run, repeat, WORD};
use super::super::super::size::PAGE_SIZE;
use super::super::raw::{Nibble, Place, Run, Sink, Window};
use super::{MATCH_END, MIN_MATCH, MORE};

/// Tokens from here on have more literals than they can say.
const MANY_LITERALS: usize = MORE << 4;

/// Decodes `block` into `page`; `None` if it is no LZ4 block of exactly a page, whose bytes are
/// then undefined.
///
/// They are undefined, too, if others write to the page meanwhile.
pub fn decode<S: Sink>(block: &[u8], page: &S) -> Option<()> {
    let (mut from, mut to) = (0, Place::ZERO);
    while let Some(found) = next_match(block, page, from, to)? {
        from = found.from;
        to = repeat(page, found)?;
    }
    Some(())
}

/// A match that is still to be written.
struct Match {
    /// Where the next sequence is in the block.
    from: usize,
    /// Where the match goes.
    to: Place<0>,
    /// How far back the same bytes are.
    offset: usize,
    /// Its length beyond [`MIN_MATCH`].
    more: u32,
}

/// Positions in a block and in the page it becomes, with some room.
struct Here<'a, const BLOCK: usize, const PAGE: usize> {
    from: Window<'a, BLOCK>,
    to: Place<PAGE>,
}

impl<'a, const BLOCK: usize, const PAGE: usize> Here<'a, BLOCK, PAGE> {
    /// The positions, if there is the room.
    #[inline(always)]
    fn new(block: &'a [u8], from: usize, to: Place<0>) -> Option<Self> {
        let to = Place::new(to.get())?;
        Some(Self {
            from: Window::new(block, from)?,
            to,
        })
    }
}

/// What a short sequence takes of the block at least: a token and an offset.
const TAKES: usize = 1 + 2;

/// The room in the block for `left` short sequences after `done` ones, from a position that has not
/// moved by what these took at least.
const fn block_room(done: usize, left: usize) -> usize {
    done * TAKES + left * (TAKES + Nibble::MOST)
}

/// The same for the page, from a position that has not moved by the shortest matches.
const fn page_room(done: usize, left: usize) -> usize {
    done * MIN_MATCH + left * (MIN_MATCH + 2 * Nibble::MOST)
}

/// The room in the page that is left for the last literals, however the checked sequences end.
const LAST_LITERALS: usize = PAGE_SIZE - MATCH_END;

/// Decodes a short sequence: one without further bytes of lengths, whose match is not made of its
/// own bytes. Gives the positions behind it, or leaves by a label.
///
/// `$done` ones were before it since the last check of the room, and there is room for `$left`
/// more. A macro, for a function cannot calculate with them as parameters of types.
macro_rules! short {
    ($page:ident, $here:ident, $done:literal, $left:literal, $literals:lifetime, $length:lifetime) => {{
        const FROM: usize = block_room($done, 0);
        const TO: usize = page_room($done, 0);
        let Here { from, to } = $here;
        let token = byte(from.part::<FROM, 1>());
        if token >= MANY_LITERALS {
            break $literals(token, from.at().wrapping_add(FROM + 1), to.part::<TO, 0>());
        }
        put_16($page, from.part::<{ FROM + 1 }, 16>(), to.part::<TO, 16>());
        let from = from.skip::<{ block_room($done + 1, $left) }>(Nibble::upper(token));
        let to = to.skip::<{ page_room($done + 1, $left) + Nibble::MOST }>(Nibble::upper(token));
        let offset = offset(from.part::<{ FROM + 1 }, 2>());
        let more = Nibble::lower(token);
        if more.get() == MORE {
            break $length(
                from.at().wrapping_add(FROM + TAKES),
                to.part::<TO, 0>(),
                offset,
            );
        }
        let (WORD.., Some(source)) = (offset, to.back(offset)) else {
            let (from, to) = (from.at().wrapping_add(FROM + TAKES), to.part::<TO, 0>());
            return Some(Some(Match {
                from,
                to,
                offset,
                more: more.get() as u32,
            }));
        };
        copy::<S, 8>($page, source.part::<TO, 8>(), to.part::<TO, 8>());
        copy::<S, 8>(
            $page,
            source.part::<{ TO + 8 }, 8>(),
            to.part::<{ TO + 8 }, 8>(),
        );
        copy::<S, 2>(
            $page,
            source.part::<{ TO + 16 }, 2>(),
            to.part::<{ TO + 16 }, 2>(),
        );
        Here {
            from,
            to: to.skip::<{ page_room($done + 1, $left) }>(more),
        }
    }};
}

/// Decodes up to the next match that is not a short sequence's, and gives that; or up to the end.
#[inline(always)]
fn next_match<S: Sink>(
    block: &[u8],
    page: &S,
    mut from: usize,
    mut to: Place<0>,
) -> Option<Option<Match>> {
    let (from, to, offset) = 'length: {
        let (token, from, to) = 'literals: {
            loop {
                if let Some(here) =
                    Here::<{ block_room(0, 4) }, { page_room(0, 4) + LAST_LITERALS }>::new(
                        block, from, to,
                    )
                {
                    let here = short!(page, here, 0, 3, 'literals, 'length);
                    let here = short!(page, here, 1, 2, 'literals, 'length);
                    let here = short!(page, here, 2, 1, 'literals, 'length);
                    let here = short!(page, here, 3, 0, 'literals, 'length);
                    from = here.from.at().wrapping_add(block_room(4, 0));
                    to = here.to.part::<{ page_room(4, 0) }, 0>();
                } else if let Some(here) = Here::<
                    { block_room(0, 1) },
                    { page_room(0, 1) + LAST_LITERALS },
                >::new(block, from, to)
                {
                    let here = short!(page, here, 0, 0, 'literals, 'length);
                    from = here.from.at().wrapping_add(block_room(1, 0));
                    to = here.to.part::<{ page_room(1, 0) }, 0>();
                } else {
                    break;
                }
            }
            (byte(Window::new(block, from)?), from.wrapping_add(1), to)
        };
        let (from, to) = put_literals(block, page, token, from, to)?;
        let Some(next) = Window::new(block, from) else {
            return (from == block.len() && to.get() == PAGE_SIZE).then_some(None);
        };
        let (from, offset) = (from.wrapping_add(2), offset(next));
        let more = Nibble::lower(token).get();
        if more < MORE {
            return Some(Some(Match {
                from,
                to,
                offset,
                more: more as u32,
            }));
        }
        (from, to, offset)
    };
    let (from, more) = length(block, from)?;
    Some(Some(Match {
        from,
        to,
        offset,
        more,
    }))
}

/// Writes the literals of the sequence whose token was before `from`; gives the positions behind
/// them.
#[inline(always)]
fn put_literals<S: Sink>(
    block: &[u8],
    page: &S,
    token: usize,
    from: usize,
    to: Place<0>,
) -> Option<(usize, Place<0>)> {
    let (from, count) = if token >= MANY_LITERALS {
        length(block, from)?
    } else {
        (from, Nibble::upper(token).get() as u32)
    };
    let run = Run::new(block, from, to, count)?;
    put_run(page, run);
    Some(run.end())
}

/// A length of [`MORE`] or more, by its further bytes; and the position behind them.
#[inline(always)]
fn length(block: &[u8], from: usize) -> Option<(usize, u32)> {
    let byte = byte(Window::new(block, from)?) as u32;
    if byte < 255 {
        return Some((from.wrapping_add(1), MORE as u32 + byte));
    }
    long_length(block, from)
}

/// Apart, because it is rare and would cost its caller registers.
#[inline(never)]
fn long_length(block: &[u8], mut from: usize) -> Option<(usize, u32)> {
    let mut length = MORE as u32;
    while length <= PAGE_SIZE as u32 {
        let byte = byte(Window::new(block, from)?) as u32;
        from = from.wrapping_add(1);
        length += byte;
        if byte < 255 {
            return Some((from, length));
        }
    }
    None
}

#[inline(always)]
fn byte(from: Window<'_, 1>) -> usize {
    usize::from(u8::from_le_bytes(from.get()))
}

#[inline(always)]
fn offset(from: Window<'_, 2>) -> usize {
    usize::from(u16::from_le_bytes(from.get()))
}
