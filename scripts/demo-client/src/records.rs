// SPDX-License-Identifier: GPL-2.0
//! What is stored: the paragraphs of a package index, and between them pieces of archives.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

/// With valkey's header just below a page: what does not compress then fills whole pages.
const PIECE: usize = 4000;

pub struct Record<'a> {
    pub key: Vec<u8>,
    pub value: &'a [u8],
    pub checksum: u64,
}

impl<'a> Record<'a> {
    fn new(key: Vec<u8>, value: &'a [u8]) -> Self {
        let checksum = checksum(value);
        Self {
            key,
            value,
            checksum,
        }
    }
}

/// SipHash with a fixed key: 64 bits, and quick without KVM too.
pub fn checksum(value: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(value);
    hasher.finish()
}

/// In the index's order, with the pieces of the archives spread evenly.
pub fn records<'a>(packages: &'a [u8], archives: &'a [u8]) -> Vec<Record<'a>> {
    let paragraphs = paragraphs(packages);
    let count = paragraphs.len();
    let pieces: Vec<&[u8]> = archives.chunks(PIECE).collect();
    let mut records = Vec::with_capacity(count + pieces.len());
    let mut placed = 0;
    for (index, record) in paragraphs.into_iter().enumerate() {
        records.push(record);
        let due = pieces.len() * (index + 1) / count;
        let new = pieces[placed..due].iter().enumerate();
        records.extend(new.map(|(offset, piece)| {
            Record::new(format!("archive:{}", placed + offset).into_bytes(), piece)
        }));
        placed = due;
    }
    records
}

/// A paragraph ends at an empty line. Of packages with one name the first counts.
fn paragraphs(packages: &[u8]) -> Vec<Record<'_>> {
    let mut names = HashSet::new();
    let mut found = Vec::new();
    let mut rest = packages;
    while !rest.is_empty() {
        let end = find(rest, b"\n\n").map_or(rest.len(), |at| at + 2);
        let (paragraph, after) = rest.split_at(end);
        rest = after;
        match name(paragraph) {
            Some(name) if names.insert(name) => found.push(Record::new(name.to_vec(), paragraph)),
            _ => {}
        }
    }
    found
}

fn name(paragraph: &[u8]) -> Option<&[u8]> {
    let first = paragraph.split(|&byte| byte == b'\n').next()?;
    first.strip_prefix(b"Package: ")
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_by_name_and_pieces_between() {
        let index =
            b"Package: a\nVersion: 1\n\nPackage: b\n\nPackage: a\nVersion: 2\n\nPackage: c\n";
        let archive = vec![7; 2 * PIECE + 1];
        let records = records(index, &archive);
        let keys: Vec<_> = records.iter().map(|record| record.key.as_slice()).collect();
        let wanted: [&[u8]; 6] = [b"a", b"archive:0", b"b", b"archive:1", b"c", b"archive:2"];
        assert_eq!(keys, wanted);
        assert_eq!(records[0].value, b"Package: a\nVersion: 1\n\n");
        assert_eq!(records[5].value, [7]);
        assert_eq!(records[5].checksum, checksum(&[7]));
        assert_ne!(records[5].checksum, checksum(&[8]));
    }
}
