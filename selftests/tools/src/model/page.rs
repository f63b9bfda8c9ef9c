// SPDX-License-Identifier: GPL-2.0
//! Pages that tell which they are: the first word is the page's number, and the number says all the rest.

use crate::content::{Class, Content, Rng};
use tmem_client::{Page, PAGE};

/// A page's number. Those below [`COMMON`] are put by all, under many handles: equal pages are kept once. 0 is the page of zeroes.
pub type Id = u64;

pub const COMMON: Id = 8;

/// Page numbers that no other user of a run has, and now and then one that all have.
pub struct Numbers {
    next: Id,
}

impl Numbers {
    pub fn new(user: u64) -> Self {
        Self {
            next: (user + 1) << 40,
        }
    }

    pub fn next(&mut self, rng: &mut Rng) -> Id {
        if rng.below(8) == 0 {
            return rng.below(COMMON);
        }
        self.next += 1;
        self.next
    }
}

/// Writes page `id`.
pub fn make(id: Id, page: &mut Page) {
    match id % 32 {
        // Of one word. Most are cheap to make and to keep: it is the calls that matter.
        0..=19 => page
            .chunks_exact_mut(8)
            .for_each(|word| word.copy_from_slice(&id.to_le_bytes())),
        20..=28 => of_class(Class::Sparse, id, page),
        29 => of_class(Class::Random, id, page),
        30 => of_class(Class::Half, id, page),
        _ => of_class(Class::Text, id, page),
    }
}

fn of_class(class: Class, id: Id, page: &mut Page) {
    Content::new(class, id).make(page);
    page[..8].copy_from_slice(&id.to_le_bytes());
}

/// Which page this is, every byte compared.
pub fn identify(page: &Page) -> Result<Id, String> {
    let mut first = [0; 8];
    first.copy_from_slice(&page[..8]);
    let id = Id::from_le_bytes(first);
    let mut wanted = [0; PAGE];
    make(id, &mut wanted);
    if *page == wanted {
        return Ok(id);
    }
    let at = (0..PAGE).find(|&at| page[at] != wanted[at]).unwrap_or(0);
    Err(format!(
        "a page that nobody put: it begins as {id:#x}, but byte {at} is {:#04x}, not {:#04x}",
        page[at], wanted[at]
    ))
}
