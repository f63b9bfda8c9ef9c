// SPDX-License-Identifier: GPL-2.0
//! Pages that a benchmark stores: real ones from a file, 4 KiB after 4 KiB, or ones that are made.

use crate::content::{Class, Content, PAGE};
use crate::ensure;
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use clap::Args;
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

/// Where they come from.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Given {
    /// A file of pages
    #[arg(long)]
    pages: Option<PathBuf>,
    /// Pages that are made, no two alike
    #[arg(long, value_enum)]
    class: Option<Class>,
}

impl Given {
    /// All pages of the file, equal ones too; of those that are made, or of more than `most`, so many.
    pub fn all(&self, most: usize) -> Outcome<Mapping> {
        self.pages(most, |bytes| bytes.chunks_exact(PAGE).collect())
    }

    /// At most so many, no two alike.
    pub fn distinct(&self, most: usize) -> Outcome<Mapping> {
        self.pages(most, distinct)
    }

    fn pages(&self, most: usize, choose: impl Fn(&[u8]) -> Vec<&[u8]>) -> Outcome<Mapping> {
        let Some(path) = &self.pages else {
            return made(self.class.unwrap_or(Class::Random), most);
        };
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let chosen = spread(&choose(&bytes), most);
        ensure!(!chosen.is_empty(), "{} holds no page", path.display());
        let mut memory = Mapping::new(chosen.len() * PAGE, Kind::Private)?;
        for (index, page) in chosen.iter().enumerate() {
            memory.page_mut(index).copy_from_slice(page);
        }
        Ok(memory)
    }
}

fn made(class: Class, count: usize) -> Outcome<Mapping> {
    let mut memory = Mapping::new(count * PAGE, Kind::Private)?;
    for index in 0..count {
        Content::new(class, index as u64).make(memory.page_mut(index));
    }
    Ok(memory)
}

/// Each page that is there, where it is first.
fn distinct(bytes: &[u8]) -> Vec<&[u8]> {
    let mut known = HashSet::new();
    let pages = bytes.chunks_exact(PAGE);
    pages.filter(|page| known.insert(*page)).collect()
}

/// At most so many of them, as far from each other as can be.
fn spread<'a>(pages: &[&'a [u8]], most: usize) -> Vec<&'a [u8]> {
    let count = pages.len().min(most);
    (0..count)
        .map(|number| pages[number * pages.len() / count])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(pages: &[u8]) -> Vec<u8> {
        pages.iter().flat_map(|&byte| [byte; PAGE]).collect()
    }

    #[test]
    fn equal_pages_are_taken_once() {
        let bytes = bytes(&[3, 1, 3, 2, 1]);
        let firsts: Vec<u8> = distinct(&bytes).iter().map(|page| page[0]).collect();
        assert_eq!(firsts, [3, 1, 2]);
    }

    #[test]
    fn a_few_are_taken_from_everywhere() {
        let bytes = bytes(&[0, 1, 2, 3, 4, 5]);
        let pages: Vec<&[u8]> = bytes.chunks_exact(PAGE).collect();
        let firsts = |most| spread(&pages, most).iter().map(|page| page[0]).collect();
        let (three, all): (Vec<u8>, Vec<u8>) = (firsts(3), firsts(100));
        assert_eq!(three, [0, 2, 4]);
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
    }
}
