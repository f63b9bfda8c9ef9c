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
    /// Contents of this age are encoded densely. Those of an account that is pressed, when they are older than 0.
    pub old: u8,
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
    /// Whether there is something to do about `content`: if so, its page is in `page`. `presses`: whether one that came, or was
    /// last asked for, then is to be encoded densely before it is old. Does not sleep.
    pub fn look(
        &self,
        content: &Content,
        round: &Round,
        presses: impl FnOnce(u16) -> bool,
        page: &Page<'_>,
    ) -> Option<Task> {
        let place = content.place();
        let Place::Record { shard, number } = place else {
            return None;
        };
        let mut shard = self.shard(shard).lock();
        let record = shard.get_mut(number)?;
        let job = self.job(record, round, content.owner(), presses);
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
        if job == Job::Encode(round.dense) {
            record.set_tried(true);
            // Only who asks for it makes it young.
            record.set_age(record.age().max(1));
        } else {
            record.set_tried(false);
        }
        let owner = content.owner();
        Some(Task { job, owner, place })
    }

    fn job(
        &self,
        record: &Record<T>,
        round: &Round,
        owner: Owner,
        presses: impl FnOnce(u16) -> bool,
    ) -> Option<Job> {
        if record.references() > 1 {
            let allowed = self.policy.dedup().allows(record.sharing());
            return (!allowed).then_some(Job::Split);
        }
        let algorithm = record.algorithm()?;
        let (dense, fast) = (round.dense, round.fast);
        let age = record.age();
        if algorithm == dense {
            return (age == 0 && fast != dense).then_some(Job::Encode(fast));
        }
        // Not for an account whose own programs get no CPU.
        if record.was_tried() || self.accounts.is_stalled(owner) {
            return None;
        }
        let is_old = round.ages && age >= round.old;
        let is_due = is_old || age > 0 && self.accounts.is_marked(owner) || presses(record.came());
        is_due.then_some(Job::Encode(dense))
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
