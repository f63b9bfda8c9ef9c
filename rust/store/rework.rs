// SPDX-License-Identifier: GPL-2.0
//! Contents that are kept another way than they came: encoded again, or no longer shared.
//!
//! The work is done without a lock, on a copy of the page; meanwhile the content is pinned, so that
//! its number stands for nothing else. Whoever gave it up, or shared it, in between has the better
//! right: then the work was for nothing.
#![forbid(unsafe_code)]

use super::{
    content::Place,
    held,
    learning::Desk,
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
    /// Old contents are encoded densely.
    pub packs: bool,
    /// Contents of this age are old. Those of an account that is pressed, when they are older than 0.
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
    /// Learn from the page, before others of its account are encoded.
    Learn,
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
    /// Whether a dictionary of its owner's may be of use.
    learns: bool,
}

/// A page that was encoded again.
pub struct Encoded<O> {
    pub(super) object: O,
    pub(super) algorithm: Algorithm,
    /// With its owner's dictionary.
    pub(super) is_learnt: bool,
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
        desk: &mut Desk,
        page: &Page<'_>,
    ) -> Option<Task> {
        let place = content.place();
        let Place::Record { shard, number } = place else {
            return None;
        };
        let mut shard = self.shard(shard).lock();
        let record = shard.get_mut(number)?;
        let job = self.job(record, round, content.owner(), presses, desk);
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
        let owner = content.owner();
        if job != Job::Learn {
            record.set_tried(job == Job::Encode(round.dense));
        }
        if record.was_tried() {
            // Only who asks for it makes it young.
            record.set_age(record.age().max(1));
        }
        Some(Task {
            job,
            owner,
            place,
            learns: learns(record, owner),
        })
    }

    fn job(
        &self,
        record: &Record<T>,
        round: &Round,
        owner: Owner,
        presses: impl FnOnce(u16) -> bool,
        desk: &mut Desk,
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
        let is_old = round.packs && age >= round.old;
        let is_due = is_old || age > 0 && self.accounts.is_marked(owner) || presses(record.came());
        if is_due && learns(record, owner) && dense == Algorithm::Zstd {
            return self.study(owner, desk).job(dense);
        }
        is_due.then_some(Job::Encode(dense))
    }

    /// The page as the task wants it encoded; [`None`] when that would take no less room, or there
    /// is no memory. May sleep, without I/O.
    pub fn encode_again(
        &self,
        task: &Task,
        algorithm: Algorithm,
        page: &Page<'_>,
        desk: &mut Desk,
    ) -> Option<Encoded<T::Object>> {
        let limit = self.tier.raw_length();
        let learns = task.learns && algorithm == Algorithm::Zstd;
        let dictionary = learns.then(|| self.dictionary(task.owner)).flatten();
        let workspace = desk.workspace();
        let block = match &dictionary {
            Some(dictionary) => workspace.encode_with(dictionary, page, limit),
            None => algorithm.encode(workspace, page, limit),
        };
        Some(Encoded {
            object: self.tier.store(block?).ok()?,
            algorithm,
            is_learnt: dictionary.is_some(),
        })
    }

    /// Puts what was encoded in place of the task's content, which must be in the caller's slot alone and
    /// stay there for the call: what it took, and takes now. [`None`] when others have it, too, or
    /// it would become longer without need or more than its account may hold. Does not sleep.
    pub fn exchange(
        &self,
        task: &Task,
        encoded: Encoded<T::Object>,
        round: &Round,
    ) -> Option<(Shape, Shape)> {
        let Place::Record { shard, number } = task.place else {
            return None;
        };
        let mut shard = self.open(shard);
        let record = shard.get_mut(number)?;
        let length = T::length(&encoded.object);
        let longer = length >= record.length();
        let is_others = encoded.is_learnt && record.payer() != Some(task.owner);
        if record.references() != 1 || is_others || (encoded.algorithm == round.dense && longer) {
            return None;
        }
        let before = record.shape();
        self.count_exchange(record, task.owner, length).ok()?;
        self.count_learnt(record, -1);
        let old = record.replace(encoded);
        self.count_learnt(record, 1);
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

/// Whether a dictionary of the account may be of use for a content.
fn learns<T: Tier>(record: &Record<T>, owner: Owner) -> bool {
    record.algorithm() != Some(Algorithm::Raw) && record.payer() == Some(owner)
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
