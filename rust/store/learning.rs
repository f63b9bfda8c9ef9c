// SPDX-License-Identifier: GPL-2.0
//! Who learns: before pages of an account are encoded densely for the first time, some of them make its dictionary.
//!
//! All by one thread, the tender (rust/pool/tend.rs).
#![forbid(unsafe_code)]

use super::{
    codec::{Algorithm, Workspace},
    lesson::{Lesson, LEAST_PAGES},
    rework::Job,
    Store, Tier,
};
use crate::{
    account::{Count, Owner},
    ffi::{noio, page::Page, zstd::Dictionary},
};
use kernel::{prelude::*, sync::Arc};

/// What encoding pages again needs.
pub struct Desk {
    workspace: Workspace,
    /// The account whose pages are looked at.
    lesson: Option<Lesson>,
    /// The one that is to be next.
    next: Option<(Owner, u64)>,
    /// Whether there are lessons: else pages of accounts that have no dictionary are encoded without.
    teaches: bool,
}

/// What becomes of a page that is to be encoded.
pub(super) enum Study {
    /// It is.
    Encode,
    /// It is learnt from.
    Learn,
    /// It waits until that is done.
    Wait,
}

impl Study {
    pub(super) fn job(self, dense: Algorithm) -> Option<Job> {
        match self {
            Self::Encode => Some(Job::Encode(dense)),
            Self::Learn => Some(Job::Learn),
            Self::Wait => None,
        }
    }
}

impl Desk {
    /// May sleep. ENOMEM.
    pub fn new() -> Result<Self> {
        Ok(Self {
            workspace: Workspace::dense()?,
            lesson: None,
            next: None,
            teaches: true,
        })
    }

    pub(super) fn workspace(&mut self) -> &mut Workspace {
        &mut self.workspace
    }

    /// Learns from a page. May sleep, without I/O.
    pub fn learn(&mut self, page: &Page<'_>) {
        if let Some(lesson) = &mut self.lesson {
            // Without memory it learns from others.
            let _ = noio::scope(|| lesson.copy(page));
        }
    }
}

impl<T: Tier> Store<T> {
    /// What to do about a page of an account that is to be encoded. Does not sleep.
    pub(super) fn study(&self, owner: Owner, desk: &mut Desk) -> Study {
        let Some(inode) = self.accounts.inode(owner).filter(|_| desk.teaches) else {
            return Study::Encode;
        };
        let is_small = self.accounts.counted(owner, Count::Pages) < LEAST_PAGES;
        if is_small || !self.dictionaries.is_free(owner) {
            return Study::Encode;
        }
        let Some(lesson) = &mut desk.lesson else {
            desk.next = Some((owner, inode));
            return Study::Wait;
        };
        if lesson.whose() == (owner, inode) && lesson.passes() {
            Study::Learn
        } else {
            Study::Wait
        }
    }

    /// Begins the lesson that a page waits for. May sleep, without I/O.
    pub fn begin_lesson(&self, desk: &mut Desk) {
        if let Some((owner, inode)) = desk.next.take() {
            let lesson = || {
                self.admit_table(Lesson::BYTES)?;
                noio::scope(|| Lesson::new(owner, inode))
            };
            desk.lesson = lesson().ok();
            desk.teaches = desk.lesson.is_some();
        }
    }

    /// Ends the lesson, when all pages were looked at; whether there was one: then pages wait. May sleep.
    pub fn end_lesson(&self, desk: &mut Desk) -> bool {
        let Some(lesson) = desk.lesson.take() else {
            return false;
        };
        if lesson.is_complete() {
            let (owner, inode) = lesson.whose();
            let dictionary = lesson.end(&mut desk.workspace).ok().flatten();
            let bytes = dictionary
                .as_ref()
                .map_or(0, |dictionary| dictionary.bytes());
            self.ledger.add_metadata(bytes as i64);
            self.dictionaries.learnt(owner, inode, dictionary);
        } else {
            desk.teaches = false;
        }
        true
    }

    /// The dictionary of an account.
    pub(super) fn dictionary(&self, owner: Owner) -> Option<Arc<Dictionary>> {
        let inode = self.accounts.inode(owner)?;
        self.dictionaries.to_encode(owner, inode)
    }

    /// Gives up dictionaries that are not needed any more. May sleep.
    pub fn sweep(&self) {
        let live = |owner, inode| self.accounts.inode(owner) == Some(inode);
        let bytes = self.dictionaries.sweep(live);
        self.ledger.add_metadata((bytes as i64).wrapping_neg());
    }
}
