// SPDX-License-Identifier: GPL-2.0
//! A copy of a content, for somebody who is to keep it in the store's place.
#![forbid(unsafe_code)]

use super::{content::Place, held, Content, Store, Tier};
use crate::{account::Owner, core::policy::Verdict, ffi::page::Page};

/// What was copied. The content stays, and its number stands for nothing else, until
/// [`Store::copied`].
#[must_use]
pub struct Copied {
    place: Place,
    owner: Owner,
}

impl Copied {
    /// Whose account it was in.
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// Whether `content` is what was copied: then it is the same page.
    pub fn is_of(&self, content: &Content) -> bool {
        content.is(self.place)
    }
}

impl<T: Tier> Store<T> {
    /// Copies what is kept as `content` to `page`, if `verdict` says of its age and its bytes that it
    /// leaves; if not, it is of another age. Does not sleep.
    ///
    /// Nothing is copied that takes no room of its own: words, and what others share; and what was
    /// damaged is left for its reader to find.
    pub fn copy(
        &self,
        content: &Content,
        verdict: impl FnOnce(u8, usize) -> Verdict,
        page: &Page<'_>,
    ) -> Option<Copied> {
        let place = content.place();
        let Place::Record { shard, number } = place else {
            return None;
        };
        let mut shard = self.shard(shard).lock();
        let record = shard.get_mut(number)?;
        if record.length() == 0 || record.references() != 1 || record.is_pinned() {
            return None;
        }
        if let Verdict::Stays(age) = verdict(record.age(), record.length()) {
            record.set_age(age);
            return None;
        }
        held::decode(record, self, page).ok()?;
        record.set_pinned(true);
        Some(Copied {
            place,
            owner: content.owner(),
        })
    }

    /// Lets go of what was copied.
    pub fn copied(&self, copied: Copied) {
        self.unpin(copied.place);
    }
}
