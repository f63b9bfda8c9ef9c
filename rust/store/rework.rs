// SPDX-License-Identifier: GPL-2.0
//! Contents that are kept another way than they came: encoded again, or no longer shared.
//!
//! The work is done without a lock, on a copy of the page; meanwhile the content is pinned, so that
//! its number stands for nothing else. Whoever gave it up, or shared it, in between has the better
//! right: then the work was for nothing.
#![forbid(unsafe_code)]

use super::{
    codec::Workspace,
    content::Place,
    held,
    record::{Record, Sharing},
    Algorithm, Class, Content, Counter, Shape, Store, Tier,
};
use crate::{account::Owner, ffi::page::Page};
use kernel::prelude::*;

/// What a look at all contents is for.
#[derive(Clone, Copy)]
pub struct Round {
    /// Contents that nobody asked for are one round older.
    pub ages: bool,
    /// Contents of this age are encoded densely; none when it is 0. Those of an account that is pressed,
    /// when they are older than 0.
    pub old: u8,
    /// So are all accounts', as if each were pressed.
    pub is_full: bool,
    /// The codec of those, and the one of contents that are asked for.
    pub dense: Algorithm,
    /// See there.
    pub fast: Algorithm,
}

/// What is to be done about a content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Encode it by another codec.
    Encode(Algorithm),
    /// Keep the page by itself.
    Split,
}

/// A job, and the content, which stays until [`Store::finish`].
#[must_use]
pub struct Task {
    /// What to do.
    pub job: Job,
    /// Whose page it is about.
    pub owner: Owner,
    place: Place,
}

impl Task {
    /// Whether `content` is the one that it is about.
    pub fn is_about(&self, content: &Content) -> bool {
        content.is(self.place)
    }
}

impl<T: Tier> Store<T> {
    /// Whether there is something to do about `content`: if so, its page is in `page`. Does not
    /// sleep.
    pub fn look(&self, content: &Content, round: &Round, page: &Page<'_>) -> Option<Task> {
        let place = content.place();
        let Place::Record { shard, number } = place else {
            return None;
        };
        let mut shard = self.shard(shard).lock();
        let record = shard.get_mut(number)?;
        let job = self.job(record, round, content.owner());
        if round.ages {
            if record.age() > 0 {
                let bytes = record.length() as u64 / u64::from(record.references().max(1));
                self.accounts.saw_idle(content.owner(), bytes);
            }
            record.set_age(record.age().saturating_add(1));
        }
        let job = job?;
        // A damaged one is left for its reader to find.
        if record.is_pinned() || held::decode(record, self, page).is_err() {
            return None;
        }
        record.set_pinned(true);
        record.set_tried(job == Job::Encode(round.dense));
        let owner = content.owner();
        Some(Task { job, owner, place })
    }

    fn job(&self, record: &Record<T>, round: &Round, owner: Owner) -> Option<Job> {
        if record.references() > 1 {
            let allowed = self.policy.dedup().allows(record.sharing());
            return (!allowed).then_some(Job::Split);
        }
        let algorithm = record.algorithm()?;
        let (dense, fast) = (round.dense, round.fast);
        match record.age() {
            0 if algorithm == dense && fast != dense => Some(Job::Encode(fast)),
            age if algorithm != dense && !record.was_tried() && self.is_due(age, round, owner) => {
                Some(Job::Encode(dense))
            }
            _ => None,
        }
    }

    /// Whether a content of that age is to be encoded densely. Not for an account whose own programs
    /// get no CPU.
    fn is_due(&self, age: u8, round: &Round, owner: Owner) -> bool {
        let is_old = round.ages && round.old > 0 && age >= round.old;
        let is_pressed = round.is_full || self.accounts.is_marked(owner);
        (is_old || age > 0 && is_pressed) && !self.accounts.is_stalled(owner)
    }

    /// The page as the task wants it encoded; [`None`] when that would take no less room, or there
    /// is no memory. May sleep, without I/O.
    pub fn encode_again(
        &self,
        algorithm: Algorithm,
        page: &Page<'_>,
        workspace: &mut Workspace,
    ) -> Option<T::Object> {
        let block = algorithm.encode(workspace, page, self.tier.raw_length())?;
        self.tier.store(block).ok()
    }

    /// Puts `object` in place of the task's content, which must be in the caller's slot alone and
    /// stay there for the call: what it took, and takes now. [`None`] when others have it, too, or
    /// it would become longer without need or more than its account may hold. Does not sleep.
    pub fn exchange(
        &self,
        task: &Task,
        object: T::Object,
        algorithm: Algorithm,
        round: &Round,
    ) -> Option<(Shape, Shape)> {
        let Place::Record { shard, number } = task.place else {
            return None;
        };
        let mut shard = self.open(shard);
        let record = shard.get_mut(number)?;
        let longer = T::length(&object) >= record.length();
        if record.references() != 1 || (algorithm == round.dense && longer) {
            return None;
        }
        let before = record.shape();
        self.count_exchange(record, task.owner, T::length(&object))
            .ok()?;
        let old = record.replace(object, algorithm);
        let after = record.shape();
        drop(shard);
        self.free(old);
        self.counters.add(Counter::Recompressed, 1);
        Some((before, after))
    }

    /// Keeps a page by itself, whatever is equal to it. May sleep, without I/O. ENOMEM.
    pub fn put_alone(
        &self,
        page: &Page<'_>,
        class: Class,
        algorithm: Algorithm,
    ) -> Result<(Content, Shape)> {
        self.put_bytes(page, class, algorithm, None, || Ok(()))
    }

    /// Lets go of a task's content.
    pub fn finish(&self, task: Task) {
        self.unpin(task.place);
    }

    pub(super) fn unpin(&self, place: Place) {
        if let Place::Record { shard, number } = place {
            let left = self.shard(shard).lock().unpin(number);
            if let Some(left) = left {
                self.forgot(left);
            }
        }
    }
}

impl Sharing {
    /// Whether contents that were kept for `other` may go on being shared.
    fn allows(self, other: Self) -> bool {
        match self {
            Self::Alone => false,
            Self::Cgroup => other == Self::Cgroup,
            Self::Global => true,
        }
    }
}
