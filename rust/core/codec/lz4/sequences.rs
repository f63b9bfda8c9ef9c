// SPDX-License-Identifier: GPL-2.0
//! The sequences of a block, for whoever decodes it or compares a page with it.
//!
//! Takes the blocks that keep all the format's rules, also those for the end, of which other decoders
//! let some pass; and is safe for any bytes: the positions in the block and in the page are of types
//! that only a check can make.
//!
//! What keeps it short, in the order of its worth: four short sequences share the checks of their
//! room; what is the same for all of them is added to addresses, not to positions; and what is done
//! with short literals and matches may be done with the bytes behind them as well.
#![forbid(unsafe_code)]

use super::super::super::size::PAGE_SIZE;
use super::super::raw::{opaque, Nibble, Place, Run, Window};
use super::{MATCH_END, MIN_MATCH, MORE};

/// Tokens from here on have more literals than they can say.
pub(super) const MANY_LITERALS: usize = MORE << 4;
/// Matches begin here at the latest.
const LAST_MATCH: usize = PAGE_SIZE - 12;

/// What is done with the parts of sequences. `None` from any of these ends it all.
pub(super) trait Visitor {
    /// Tokens from here on have literals that are not for `few_literals`.
    const SOME_LITERALS: usize;

    /// Takes the literals that `token` says, the first of the bytes from `from`.
    fn few_literals(&self, token: usize, from: Window<'_, 16>, to: Place<16>) -> Option<()>;

    /// The same from `SOME_LITERALS` up to [`MANY_LITERALS`].
    fn some_literals(&self, token: usize, from: Window<'_, 16>, to: Place<16>) -> Option<()>;

    /// Takes any literals.
    fn literals(&self, run: Run<'_>) -> Option<()>;

    /// Takes a match of `MIN_MATCH + more` bytes from `BY` after `to`, if that is easy.
    fn short_match<const BY: usize, const ROOM: usize>(
        &self,
        to: Place<ROOM>,
        offset: usize,
        more: Nibble,
    ) -> Option<Outcome>;

    /// Takes a match of `MIN_MATCH + MORE + rest` bytes that was found long; gives its end.
    fn long_match(&self, to: Place<24>, offset: usize, rest: u32) -> Option<Place<0>>;

    /// Takes any match; gives its end.
    fn any_match(&self, found: Match) -> Option<Place<0>>;
}

/// What became of a match.
pub(super) enum Outcome {
    /// It has been taken.
    Taken,
    /// It is longer than a token can say.
    Long,
    /// It needs another look.
    Odd,
}

/// A match.
pub(super) struct Match {
    /// Where it is.
    pub(super) to: Place<0>,
    /// How far back the same bytes are.
    pub(super) offset: usize,
    /// Its length beyond [`MIN_MATCH`].
    pub(super) more: u32,
}

impl Match {
    /// Its end, if it keeps the rules.
    #[inline(always)]
    pub(super) fn end(&self) -> Option<usize> {
        let at = self.to.get();
        let end = at.wrapping_add(MIN_MATCH).wrapping_add(self.more as usize);
        (end <= MATCH_END && at <= LAST_MATCH && (1..=at).contains(&self.offset)).then_some(end)
    }
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

/// The same for the page, from a position that has not moved by the shortest matches; and room for
/// the last literals.
const fn page_room(done: usize, left: usize) -> usize {
    done * MIN_MATCH + left * (MIN_MATCH + 2 * Nibble::MOST) + PAGE_SIZE - MATCH_END
}

/// How it goes on after the literals of a sequence. The first number is where in the block.
enum Next {
    /// The match has been taken.
    Taken(usize, Place<0>),
    /// The match is long.
    Long(usize, Place<24>, usize),
    /// The match needs another look.
    Odd(usize, Place<0>, usize, Nibble),
    /// There is none: these were the last literals.
    End,
}

/// What ends a row of short sequences.
enum Stop {
    /// A token whose literals need another look.
    Literals(usize, usize, Place<0>),
    /// A match that is not easy.
    Match(Next),
}

/// Takes a short sequence: one without further bytes of lengths, and with an easy match. Gives the
/// positions behind it, or returns a [`Stop`].
///
/// `$done` ones were before it since the last check of the room, and there is room for `$left`
/// more. A macro, for a function cannot calculate with them as parameters of types.
macro_rules! short {
    ($visitor:ident, $here:ident, $done:literal, $left:literal) => {{
        const FROM: usize = block_room($done, 0);
        const TO: usize = $done * MIN_MATCH;
        const ROOM: usize = page_room($done + 1, $left) + Nibble::MOST;
        let Here { from, to } = $here;
        let token = byte(from.part::<FROM, 1>());
        let literals = (from.part::<{ FROM + 1 }, 16>(), to.part::<TO, 16>());
        if token < V::SOME_LITERALS {
            $visitor.few_literals(token, literals.0, literals.1)?;
        } else if token < MANY_LITERALS {
            $visitor.some_literals(token, literals.0, literals.1)?;
        } else {
            let from = opaque(from.at()).wrapping_add(FROM + 1);
            return Some(Stop::Literals(token, from, to.settled().part::<TO, 0>()));
        }
        let from = from.skip::<{ block_room($done + 1, $left) }>(Nibble::upper(token));
        let to = to.skip::<ROOM>(Nibble::upper(token)).settled();
        let offset = offset(from.part::<{ FROM + 1 }, 2>());
        let more = Nibble::lower(token);
        let behind = || opaque(from.at()).wrapping_add(FROM + TAKES);
        let here = || to.settled().part::<TO, 24>();
        match $visitor.short_match::<TO, ROOM>(to, offset, more)? {
            Outcome::Taken => {}
            Outcome::Long => return Some(Stop::Match(Next::Long(behind(), here(), offset))),
            Outcome::Odd => {
                return Some(Stop::Match(Next::Odd(
                    behind(),
                    here().part::<0, 0>(),
                    offset,
                    more,
                )))
            }
        }
        let to = to.skip::<{ page_room($done + 1, $left) }>(more).settled();
        Here { from, to }
    }};
}

/// How it goes on after a match of `outcome`, `from` being behind its offset.
#[inline(always)]
fn next(outcome: Outcome, from: usize, to: Place<24>, offset: usize, more: Nibble) -> Next {
    match outcome {
        Outcome::Taken => Next::Taken(from, to.part::<MIN_MATCH, 15>().skip(more)),
        Outcome::Long => Next::Long(from, to, offset),
        Outcome::Odd => Next::Odd(from, to.part::<0, 0>(), offset, more),
    }
}

/// Takes short sequences as long as there are some.
#[inline(always)]
fn short_sequences<V: Visitor>(
    block: &[u8],
    visitor: &V,
    mut from: usize,
    mut to: Place<0>,
) -> Option<Stop> {
    loop {
        if let Some(here) = Here::<{ block_room(0, 4) }, { page_room(0, 4) }>::new(block, from, to)
        {
            let here = short!(visitor, here, 0, 3);
            let here = short!(visitor, here, 1, 2);
            let here = short!(visitor, here, 2, 1);
            let here = short!(visitor, here, 3, 0);
            from = here.from.at().wrapping_add(block_room(4, 0));
            to = here.to.part::<{ 4 * MIN_MATCH }, 0>();
        } else if let Some(here) =
            Here::<{ block_room(0, 1) }, { page_room(0, 1) }>::new(block, from, to)
        {
            let here = short!(visitor, here, 0, 0);
            from = here.from.at().wrapping_add(block_room(1, 0));
            to = here.to.part::<MIN_MATCH, 0>();
        } else {
            let token = byte(Window::new(block, from)?);
            return Some(Stop::Literals(token, from.wrapping_add(1), to));
        }
    }
}

/// Takes any literals, those of `token`, and an easy match behind them.
#[inline(always)]
fn any_literals<V: Visitor>(
    block: &[u8],
    visitor: &V,
    token: usize,
    from: usize,
    to: Place<0>,
) -> Option<Next> {
    let (from, count) = length(block, from, Nibble::upper(token))?;
    let run = Run::new(block, from, to, count)?;
    visitor.literals(run)?;
    let (from, to) = run.end();
    let Some(window) = Window::new(block, from) else {
        return (from == block.len() && to.get() == PAGE_SIZE).then_some(Next::End);
    };
    let (from, offset, more) = (from.wrapping_add(2), offset(window), Nibble::lower(token));
    let Some(to) = Place::<24>::new(to.get()) else {
        return Some(Next::Odd(from, to, offset, more));
    };
    let outcome = visitor.short_match::<0, 24>(to, offset, more)?;
    Some(next(outcome, from, to, offset, more))
}

/// Takes the sequences of `block` one after the other; `None` if it is no LZ4 block of exactly a
/// page.
#[inline(always)]
pub(super) fn visit<V: Visitor>(block: &[u8], visitor: &V) -> Option<()> {
    let (mut from, mut to) = (0, Place::ZERO);
    loop {
        let next = match short_sequences(block, visitor, from, to)? {
            Stop::Literals(token, from, to) => any_literals(block, visitor, token, from, to)?,
            Stop::Match(next) => next,
        };
        (from, to) = match next {
            Next::Taken(from, to) => (from, to),
            Next::Long(from, to, offset) => {
                let (from, rest) = rest_of_length(block, from)?;
                (from, visitor.long_match(to, offset, rest)?)
            }
            Next::Odd(from, to, offset, more) => {
                let (from, more) = length(block, from, more)?;
                (from, visitor.any_match(Match { to, offset, more })?)
            }
            Next::End => return Some(()),
        };
    }
}

/// The length that `nibble` and perhaps further bytes say; and the position behind them.
#[inline(always)]
fn length(block: &[u8], from: usize, nibble: Nibble) -> Option<(usize, u32)> {
    if nibble.get() < MORE {
        return Some((from, nibble.get() as u32));
    }
    let (from, rest) = rest_of_length(block, from)?;
    Some((from, MORE as u32 + rest))
}

/// What a length has beyond [`MORE`]; and the position behind its bytes.
#[inline(always)]
fn rest_of_length(block: &[u8], from: usize) -> Option<(usize, u32)> {
    let rest = byte(Window::new(block, from)?);
    if rest < 255 {
        return Some((from.wrapping_add(1), rest as u32));
    }
    let last = last_of_length(block, from)?;
    let rest = 255 * last.wrapping_sub(from) + byte(Window::new(block, last)?);
    Some((last.wrapping_add(1), rest as u32))
}

/// Where the last byte is of a length whose first is at `from`, if it is none beyond a page. Apart,
/// because it is rare and would cost its caller registers.
#[inline(never)]
fn last_of_length(block: &[u8], from: usize) -> Option<usize> {
    let bytes = block.get(from..)?.iter().take(PAGE_SIZE / 255 + 1);
    let count = bytes.take_while(|&&byte| byte == 255).count();
    (count <= PAGE_SIZE / 255).then(|| from.wrapping_add(count))
}

#[inline(always)]
fn byte(from: Window<'_, 1>) -> usize {
    usize::from(u8::from_le_bytes(from.get()))
}

#[inline(always)]
fn offset(from: Window<'_, 2>) -> usize {
    usize::from(u16::from_le_bytes(from.get()))
}
