// SPDX-License-Identifier: GPL-2.0
//! Cgroups that were looked at, by their accounts' numbers.
#![forbid(unsafe_code)]

use crate::{
    account::{Accounts, Owner},
    core::{
        limits::{self, Limit},
        shares::WEIGHT,
    },
    ffi::cgroup::{self, Seen},
};
use core::mem::{replace, take};
use kernel::{alloc::KVVec, prelude::*};

/// A cgroup whose tasks had to wait for a CPU for as much of the last seconds is at its `cpu.max`, or
/// as good as that. A program of one thread has some percent of it on any machine that is busy.
const STALLED_PERCENT: u32 = 20;

/// What an administrator set for a cgroup. What was not set is as for the one it is in.
#[derive(Default)]
pub struct Settings {
    /// What it and all under it may hold.
    pub limit: Option<Limit>,
    /// Its part, beside those of its siblings, when there is not enough for all.
    pub weight: Option<u16>,
    /// Bytes that others do not take from it.
    pub reserve: Option<u64>,
}

/// What holds for a cgroup.
pub struct InForce {
    /// As it was written.
    pub limit: Limit,
    /// 1 to 10,000.
    pub weight: u16,
    /// In bytes.
    pub reserve: u64,
}

/// What is known of a cgroup.
struct Member {
    inode: u64,
    memory_max: u64,
    is_alive: bool,
    is_shown: bool,
    settings: Settings,
}

/// Whether a cgroup is there.
pub(super) enum State {
    /// Nobody looked yet.
    Unknown,
    /// It was, at the last look.
    Alive,
    /// No longer.
    Removed,
}

/// What was looked at.
pub(super) struct Known {
    members: KVVec<Option<Member>>,
    /// Inode numbers of those that were shown and are gone.
    gone: KVec<u64>,
    pub(super) default_limit: Limit,
}

impl Known {
    pub(super) const fn new() -> Self {
        Self {
            members: KVVec::new(),
            gone: KVec::new(),
            default_limit: Limit::Percent(100),
        }
    }

    pub(super) fn state(&self, owner: Owner) -> State {
        match self.member(owner) {
            None => State::Unknown,
            Some(member) if member.is_alive => State::Alive,
            Some(_) => State::Removed,
        }
    }

    /// Whether a cgroup is shown.
    pub(super) fn is_shown(&self, owner: Owner) -> bool {
        self.member(owner).is_some_and(|member| member.is_shown)
    }

    /// The inode number of a cgroup that is to be shown, and is not.
    pub(super) fn to_show(&self, owner: Owner) -> Option<u64> {
        let member = self.member(owner)?;
        (member.is_alive && !member.is_shown).then_some(member.inode)
    }

    pub(super) fn set_shown(&mut self, owner: Owner, shown: bool) {
        if let Some(member) = self.member_mut(owner) {
            member.is_shown = shown;
        }
    }

    /// Those that are no longer to be shown.
    pub(super) fn take_gone(&mut self) -> KVec<u64> {
        take(&mut self.gone)
    }

    /// Looks at the cgroup of an account for the first time, and at those it is in. ENOMEM, ENOSPC.
    pub(super) fn meet(&mut self, accounts: &Accounts, owner: Owner) -> Result {
        let inode = accounts.inode(owner).ok_or(ENOENT)?;
        let Ok(seen) = cgroup::look(inode) else {
            // Removed before anybody could look: nobody knows what it was in.
            self.add(accounts, owner, Owner::ROOT, inode, None)?;
            return Ok(());
        };
        let mut path = KVec::new();
        let mut above = seen.parent;
        path.push((inode, seen), GFP_KERNEL)?;
        while let Some(inode) = above.filter(|inode| !self.knows(accounts, *inode)) {
            let seen = cgroup::look(inode)?;
            above = seen.parent;
            path.push((inode, seen), GFP_KERNEL)?;
        }
        let mut parent = match above {
            Some(inode) => accounts.find(inode).ok_or(ENOENT)?,
            None => Owner::ROOT,
        };
        while let Some((inode, seen)) = path.pop() {
            let owner = accounts.open(inode)?;
            self.add(accounts, owner, parent, inode, Some(seen))?;
            parent = owner;
        }
        Ok(())
    }

    fn knows(&self, accounts: &Accounts, inode: u64) -> bool {
        let owner = accounts.find(inode);
        owner.is_some_and(|owner| self.member(owner).is_some())
    }

    /// Adds a cgroup under another; one that is removed when nothing was seen of it.
    fn add(
        &mut self,
        accounts: &Accounts,
        owner: Owner,
        parent: Owner,
        inode: u64,
        seen: Option<Seen>,
    ) -> Result {
        let at = usize::from(owner.0);
        while self.members.len() <= at {
            self.members.push(None, GFP_KERNEL)?;
        }
        if owner != Owner::ROOT {
            accounts.set_parent(owner, parent);
        }
        if let Some(place) = self.members.get_mut(at) {
            *place = Some(Member {
                inode,
                is_alive: seen.is_some(),
                memory_max: seen.map_or(limits::NONE, |seen| seen.memory_max),
                is_shown: false,
                settings: Settings::default(),
            });
        }
        self.apply(accounts, owner);
        Ok(())
    }

    /// Looks at a cgroup again.
    pub(super) fn refresh(&mut self, accounts: &Accounts, owner: Owner) {
        let Some(member) = self.member_mut(owner) else {
            return;
        };
        match cgroup::look(member.inode) {
            Ok(seen) => {
                accounts.set_stalled(owner, seen.stalled >= STALLED_PERCENT);
                if replace(&mut member.memory_max, seen.memory_max) != seen.memory_max {
                    self.apply(accounts, owner);
                }
            }
            Err(ENOENT) => self.removed(accounts, owner),
            Err(_) => {}
        }
    }

    fn removed(&mut self, accounts: &Accounts, owner: Owner) {
        // What was refused to it is not refused to those it was in.
        accounts.set_limit_bytes(owner, limits::NONE);
        let Some(member) = self.member_mut(owner) else {
            return;
        };
        let (inode, was_shown) = (member.inode, member.is_shown);
        if was_shown && self.gone.push(inode, GFP_KERNEL).is_err() {
            // There is no memory to say it: at the next look.
            return;
        }
        if let Some(member) = self.member_mut(owner) {
            member.is_shown = false;
            member.is_alive = false;
        }
    }

    /// Closes the account of a removed cgroup, if nothing is left in it.
    pub(super) fn retire(&mut self, accounts: &Accounts, owner: Owner) {
        if accounts.retire(owner) {
            if let Some(place) = self.members.get_mut(usize::from(owner.0)) {
                *place = None;
            }
        }
    }

    /// What holds for a cgroup, inherited or its own.
    pub(super) fn in_force(&self, accounts: &Accounts, owner: Owner) -> InForce {
        InForce {
            limit: self
                .inherited(accounts, owner, |settings| settings.limit)
                .unwrap_or(self.default_limit),
            weight: self
                .inherited(accounts, owner, |settings| settings.weight)
                .unwrap_or(WEIGHT),
            reserve: self
                .inherited(accounts, owner, |settings| settings.reserve)
                .unwrap_or(0),
        }
    }

    fn inherited<V>(
        &self,
        accounts: &Accounts,
        owner: Owner,
        pick: impl Fn(&Settings) -> Option<V>,
    ) -> Option<V> {
        limits::upwards(accounts, owner.0).find_map(|at| pick(&self.member(Owner(at))?.settings))
    }

    /// What was set for a cgroup.
    pub(super) fn settings_mut(&mut self, owner: Owner) -> Option<&mut Settings> {
        self.member_mut(owner).map(|member| &mut member.settings)
    }

    /// Puts settings that were changed into force.
    pub(super) fn apply_all(&self, accounts: &Accounts) {
        for owner in accounts.owners() {
            self.apply(accounts, owner);
        }
    }

    fn apply(&self, accounts: &Accounts, owner: Owner) {
        let Some(member) = self.member(owner).filter(|member| member.is_alive) else {
            return;
        };
        let in_force = self.in_force(accounts, owner);
        accounts.set_limit_bytes(owner, in_force.limit.bytes(member.memory_max));
        accounts.set_share(owner, in_force.weight, in_force.reserve);
    }

    /// For whom an account counts: the nearest cgroup that is there.
    pub(super) fn home(&self, accounts: &Accounts, owner: Owner) -> Owner {
        let is_alive = |at: &u16| {
            self.member(Owner(*at))
                .is_some_and(|member| member.is_alive)
        };
        limits::upwards(accounts, owner.0)
            .find(is_alive)
            .map_or(Owner::ROOT, Owner)
    }

    fn member(&self, owner: Owner) -> Option<&Member> {
        self.members.get(usize::from(owner.0))?.as_ref()
    }

    fn member_mut(&mut self, owner: Owner) -> Option<&mut Member> {
        self.members.get_mut(usize::from(owner.0))?.as_mut()
    }
}
