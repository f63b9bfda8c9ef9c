// SPDX-License-Identifier: GPL-2.0
//! One page into the LZ4 block format.
//!
//! Made for exactly one page: positions fit 16 bits, word loads need no bounds checks, and nothing
//! outlives a call, so that equal pages always give equal bytes and no page shows through another's.
//! Any LZ4 decoder reads the stream: the last match begins 12 bytes before the page's end or
//! earlier, and the last 5 bytes are literals, as the format has it.
//!
//! The search is greedy, with one candidate a hash. What keeps it short, in the order of its worth:
//! a probe is 8 or 9 instructions; a match right after another (every second one) is looked for
//! first and written without a thought for literals; up to 14 literals are copied as two words; in a
//! page without matches the probes are farther and farther apart; and noise is known by a sample.
#![forbid(unsafe_code)]

mod compare;
mod decode;
mod find;
mod sample;
mod sequences;
mod write;

pub use self::compare::equals;
pub use self::decode::decode;
use self::find::{Finder, Match};
use self::sample::{repeats, sample, Sample};
use self::write::Writer;
use super::super::size::PAGE_SIZE;
use super::raw::{Pos, Source, Table, SLOTS};

/// Room for any stream: all literals with their length bytes, and the end of the last window.
pub const OUT_LEN: usize = PAGE_SIZE + 64;

/// Matches end here at the latest.
const MATCH_END: usize = PAGE_SIZE - 5;
/// Pages of noise are not expected to become less than this.
const NOISE_CUT: usize = PAGE_SIZE / 16 * 15;
/// The shortest match.
const MIN_MATCH: usize = 4;
/// The value of half a token that says: length bytes follow.
const MORE: usize = 15;

/// Encodes `page` into `out`; gives the stream's length, or `None` if that were more than `cut`, or is
/// likely to be: a page of noise is given up if that would have to spare a sixteenth of it.
///
/// `memory` is scratch and may hold anything. Of `out`, only the stream's bytes mean anything after.
///
/// If the page changes meanwhile the stream still decodes to [`PAGE_SIZE`] bytes, for lengths and
/// offsets are made of positions, not of content; or there is none.
pub fn encode<S: Source>(
    page: &S,
    out: &mut [u8; OUT_LEN],
    memory: &mut [u16; SLOTS],
    cut: usize,
) -> Option<usize> {
    // The hash is in the innermost loop: one copy of the code for each.
    match sample(page) {
        Sample::Noise if cut < NOISE_CUT && !repeats(page) => None,
        Sample::Numbers => encode_with::<S, true>(page, out, memory, cut),
        Sample::Noise | Sample::Other => encode_with::<S, false>(page, out, memory, cut),
    }
}

/// Not inlined, so that each copy has the registers for itself.
#[inline(never)]
fn encode_with<S: Source, const NUMBERS: bool>(
    page: &S,
    out: &mut [u8; OUT_LEN],
    memory: &mut [u16; SLOTS],
    cut: usize,
) -> Option<usize> {
    let mut finder = Finder::<S, NUMBERS>::new(page, Table::new(memory));
    let mut writer = Writer::new(page, out, cut);
    let mut start = Pos::ZERO;
    let mut end = start.get();
    let mut found = finder.first();
    'page: while let Some(next) = found {
        end = writer.sequence(start, next)?;
        loop {
            let inside = Pos::new(end.wrapping_sub(2));
            let (Some(at), Some(inside)) = (Pos::new(end), inside) else {
                break 'page;
            };
            start = at;
            // The only place within a match worth remembering.
            finder.insert(inside);
            let Some(candidate) = finder.probe(at) else {
                break;
            };
            end = writer.adjacent(Match { at, candidate })?;
        }
        found = finder.next(start);
    }
    writer.last(end)
}
