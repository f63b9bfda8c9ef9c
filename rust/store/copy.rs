// SPDX-License-Identifier: GPL-2.0
//! A copy of a content, for somebody who is to keep it in the store's place.
#![forbid(unsafe_code)]

use super::{content::Place, held, record::Record, shard::Shard, Content, Store, Tier};
use crate::{account::Owner, ffi::page::Page};

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
    /// When what is kept as `content` came, or was last asked for, and the bytes that it takes; [`None`]
    /// if it would not be copied. Does not sleep.
    pub fn came(&self, content: &Content) -> Option<(u16, usize)> {
        let Place::Record { shard, number } = content.place() else {
            return None;
        };
        let mut shard = self.shard(shard).lock();
        let record = own(&mut shard, number)?;
        Some((record.came(), record.length()))
    }

    /// Copies what is kept as `content` to `page`, if it `leaves` by when it came, or was last asked for.
    /// Does not sleep.
    pub fn copy(
        &self,
        content: &Content,
        leaves: impl FnOnce(u16) -> bool,
        page: &Page<'_>,
    ) -> Option<Copied> {
        let place = content.place();
        let Place::Record { shard, number } = place else {
            return None;
        };
        let mut shard = self.shard(shard).lock();
        let record = own(&mut shard, number).filter(|record| leaves(record.came()))?;
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

/// A record, unless it takes no room of its own: words, and what others share; nor one that is pinned. What was damaged is left for
/// its reader to find.
fn own<T: Tier>(shard: &mut Shard<T>, number: u32) -> Option<&mut Record<T>> {
    let record = shard.get_mut(number)?;
    (record.length() != 0 && record.references() == 1 && !record.is_pinned()).then_some(record)
}
