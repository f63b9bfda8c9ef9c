// SPDX-License-Identifier: GPL-2.0
//! What the format says of a block.

use tmem_core::size::PAGE_SIZE;

/// Why a block is no page.
#[derive(Debug, PartialEq)]
pub enum Flaw {
    /// An offset of 0, or a match too near to the end, which liblz4 may let pass.
    Tolerated,
    /// Anything else.
    Other,
}

/// The bytes of a block that are still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Flaw> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Flaw::Other)?;
        self.0 = rest;
        Ok(taken)
    }

    fn length(&mut self, half_token: u8) -> Result<usize, Flaw> {
        let mut length = usize::from(half_token);
        let mut byte = if half_token == 15 { 255 } else { 0 };
        while byte == 255 {
            byte = self.take(1)?[0];
            length += usize::from(byte);
        }
        Ok(length)
    }
}

/// The page of `block`, by the letter of the format and byte by byte.
pub fn by_the_book(block: &[u8]) -> Result<[u8; PAGE_SIZE], Flaw> {
    match loosely(block)? {
        (page, true) => Ok(page),
        (_, false) => Err(Flaw::Tolerated),
    }
}

/// The page of `block` even if it has a flaw that is tolerated by some; and whether it has none.
pub fn loosely(block: &[u8]) -> Result<([u8; PAGE_SIZE], bool), Flaw> {
    let mut rest = Rest(block);
    let mut page = Vec::new();
    let mut strict = true;
    loop {
        let token = rest.take(1)?[0];
        let literals = rest.length(token >> 4)?;
        page.extend(rest.take(literals)?);
        if rest.0.is_empty() {
            return Ok((page.try_into().map_err(|_| Flaw::Other)?, strict));
        }
        strict &= page.len() <= PAGE_SIZE - 12;
        let offset = usize::from(u16::from_le_bytes(rest.take(2)?.try_into().unwrap()));
        let length = 4 + rest.length(token & 15)?;
        if offset > page.len() || page.len() + length > PAGE_SIZE {
            return Err(Flaw::Other);
        }
        strict &= offset > 0 && page.len() + length <= PAGE_SIZE - 5;
        for _ in 0..length {
            let byte = page.get(page.len() - offset).copied();
            page.push(byte.unwrap_or(0));
        }
    }
}
