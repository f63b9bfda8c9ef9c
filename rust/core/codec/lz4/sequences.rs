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

/// Takes a short sequence: one without further bytes of lengths, and with an easy match. Gives the
/// positions behind it, or leaves by a label.
///
/// `$done` ones were before it since the last check of the room, and there is room for `$left`
/// more. A macro, for a function cannot calculate with them as parameters of types.
macro_rules! short {
    ($visitor:ident, $here:ident, $done:literal, $left:literal, $literals:lifetime, $long:lifetime, $odd:lifetime) => {{
        const FROM: usize = block_room($done, 0);
        const TO: usize = $done * MIN_MATCH;
        let Here { from, to } = $here;
        let token = byte(from.part::<FROM, 1>());
        let literals = (from.part::<{ FROM + 1 }, 16>(), to.part::<TO, 16>());
        if token < V::SOME_LITERALS {
            $visitor.few_literals(token, literals.0, literals.1)?;
        } else if token < MANY_LITERALS {
            $visitor.some_literals(token, literals.0, literals.1)?;
        } else {
            let from = opaque(from.at()).wrapping_add(FROM + 1);
            break $literals(token, from, to.settled().part::<TO, 0>());
        }
        let from = from.skip::<{ block_room($done + 1, $left) }>(Nibble::upper(token));
        let to = to
            .skip::<{ page_room($done + 1, $left) + Nibble::MOST }>(Nibble::upper(token))
            .settled();
        let offset = offset(from.part::<{ FROM + 1 }, 2>());
        let more = Nibble::lower(token);
        match $visitor
            .short_match::<TO, { page_room($done + 1, $left) + Nibble::MOST }>(to, offset, more)?
        {
            Outcome::Taken => {}
            Outcome::Long => {
                let from = opaque(from.at()).wrapping_add(FROM + TAKES);
                break $long(from, to.settled().part::<TO, 24>(), offset);
            }
            Outcome::Odd => {
                let from = opaque(from.at()).wrapping_add(FROM + TAKES);
                break $odd(from, to.settled().part::<TO, 0>(), offset, more);
            }
        }
        Here {
            from,
            to: to.skip::<{ page_room($done + 1, $left) }>(more).settled(),
        }
    }};
}

/// Takes the sequences of `block` one after the other; `None` if it is no LZ4 block of exactly a
/// page.
#[inline(always)]
pub(super) fn visit<V: Visitor>(block: &[u8], visitor: &V) -> Option<()> {
    let (mut from, mut to) = (0, Place::ZERO);
    'sequences: loop {
        let (next, at, offset, more) = 'odd: {
            let (next, at, offset) = 'long: {
                let (token, next, at) = 'literals: {
                    loop {
                        if let Some(here) =
                            Here::<{ block_room(0, 4) }, { page_room(0, 4) }>::new(block, from, to)
                        {
                            let here = short!(visitor, here, 0, 3, 'literals, 'long, 'odd);
                            let here = short!(visitor, here, 1, 2, 'literals, 'long, 'odd);
                            let here = short!(visitor, here, 2, 1, 'literals, 'long, 'odd);
                            let here = short!(visitor, here, 3, 0, 'literals, 'long, 'odd);
                            from = here.from.at().wrapping_add(block_room(4, 0));
                            to = here.to.part::<{ 4 * MIN_MATCH }, 0>();
                        } else if let Some(here) =
                            Here::<{ block_room(0, 1) }, { page_room(0, 1) }>::new(block, from, to)
                        {
                            let here = short!(visitor, here, 0, 0, 'literals, 'long, 'odd);
                            from = here.from.at().wrapping_add(block_room(1, 0));
                            to = here.to.part::<MIN_MATCH, 0>();
                        } else {
                            break;
                        }
                    }
                    (byte(Window::new(block, from)?), from.wrapping_add(1), to)
                };
                let run = literals(block, token, next, at)?;
                visitor.literals(run)?;
                let (next, at) = run.end();
                let Some(window) = Window::new(block, next) else {
                    return (next == block.len() && at.get() == PAGE_SIZE).then_some(());
                };
                let (next, offset, more) =
                    (next.wrapping_add(2), offset(window), Nibble::lower(token));
                let Some(here) = Place::<24>::new(at.get()) else {
                    break 'odd (next, at, offset, more);
                };
                match visitor.short_match::<0, 24>(here, offset, more)? {
                    Outcome::Taken => {
                        from = next;
                        to = here.part::<MIN_MATCH, 15>().skip::<0>(more);
                        continue 'sequences;
                    }
                    Outcome::Long => (next, here, offset),
                    Outcome::Odd => break 'odd (next, at, offset, more),
                }
            };
            let (next, rest) = rest_of_length(block, next)?;
            to = visitor.long_match(at, offset, rest)?;
            from = next;
            continue 'sequences;
        };
        let (next, more) = length(block, next, more)?;
        to = visitor.any_match(Match {
            to: at,
            offset,
            more,
        })?;
        from = next;
    }
}

/// The literals of the sequence whose token was before `from`.
#[inline(always)]
fn literals(block: &[u8], token: usize, from: usize, to: Place<0>) -> Option<Run<'_>> {
    let (from, count) = length(block, from, Nibble::upper(token))?;
    Run::new(block, from, to, count)
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
