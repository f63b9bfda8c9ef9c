// SPDX-License-Identifier: GPL-2.0
//! Who is near its limit, and who gives up memory when there is not enough for all
//! (`core/shares.rs`).
//!
//! No locks. What a survey sums up is half a second old at most.
#![forbid(unsafe_code)]

use super::{Accounts, Count, Owner};
use crate::core::{
    limits::{self, Tree, MOST_LEVELS},
    shares::{self, Holding, WEIGHT},
};
use kernel::sync::atomic::ordering::Relaxed;

/// Which pages are to leave.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Ephemeral ones.
    Ephemeral,
    /// Any: there is a disk below.
    Any,
}

/// Beyond so many sixteenths of its limit, an account has to give up something, down to as many.
pub(super) const HIGH: u64 = 15;
const LOW: u64 = 14;

impl Accounts {
    /// Sums up for each account what all under it could give up.
    pub fn survey(&self) {
        for owner in self.owners() {
            self.entry(owner).begin_survey();
        }
        for owner in self.owners() {
            let entry = self.entry(owner);
            let (all, ephemeral) = (entry.get(Count::Pages), entry.get(Count::EphemeralPages));
            if all != 0 {
                limits::upwards(self, owner.0).for_each(|above| {
                    self.entry(Owner(above))
                        .survey(ephemeral, all, entry.idle())
                });
            }
        }
        for owner in self.owners() {
            self.entry(owner).end_survey();
        }
    }

    /// Has an account count as one that could give up something, with those above it: until the next survey
    /// it would be a newcomer's neighbours that give.
    pub(super) fn has_some(&self, owner: Owner) {
        let ephemeral = self.entry(owner).get(Count::EphemeralPages).min(1);
        limits::upwards(self, owner.0)
            .for_each(|above| self.entry(Owner(above)).has_some(ephemeral));
    }

    /// Whether an account, or one above it, has nearly reached its limit.
    pub fn is_pressed(&self, owner: Owner) -> bool {
        limits::upwards(self, owner.0).any(|at| limits::is_beyond(self, at, HIGH))
    }

    /// Marks the accounts that are pressed.
    pub fn mark_pressed(&self) {
        let mut any = false;
        for owner in self.owners() {
            let pressed = self.is_pressed(owner);
            self.entry(owner).set_marked(pressed);
            any |= pressed;
        }
        self.any_marked.store(any, Relaxed);
    }

    /// Whether an account was pressed at the last look.
    pub fn is_marked(&self, owner: Owner) -> bool {
        self.entry(owner).is_marked()
    }

    /// Whether any was.
    pub fn has_marked(&self) -> bool {
        self.any_marked.load(Relaxed)
    }

    /// Whether no more CPU time is to be spent for an account at the moment.
    pub fn is_stalled(&self, owner: Owner) -> bool {
        self.entry(owner).is_stalled()
    }

    /// Sets that.
    pub fn set_stalled(&self, owner: Owner, stalled: bool) {
        self.entry(owner).set_stalled(stalled);
    }

    /// Whether nothing of an account is to be written at time `now`, in nanoseconds of the machine's clock.
    pub fn rests(&self, owner: Owner, now: u64) -> bool {
        self.entry(owner).rests_until() > now
    }

    /// Nothing of it is to be written until `time`.
    pub fn rest(&self, owner: Owner, time: u64) {
        self.entry(owner).set_rests_until(time);
    }

    /// Whether an account holds so much that it has to go on giving up.
    pub fn is_above_low(&self, owner: Owner) -> bool {
        limits::is_beyond(self, owner.0, LOW)
    }

    /// Sets what an account pays with, and what others do not take from it and all under it.
    pub fn set_share(&self, owner: Owner, weight: u16, reserve: u64) {
        self.entry(owner).set_share(weight, reserve);
    }

    /// The account that is to give up pages of that kind next; [`None`] when none has any to give.
    pub fn who_gives(&self, kind: Kind) -> Option<Owner> {
        let mut at = Owner::ROOT;
        for _ in 0..MOST_LEVELS {
            let below = self.cheapest_below(at, kind)?;
            if below == at {
                return Some(at);
            }
            at = below;
        }
        None
    }

    /// The one that pays least of an account itself and those right under it.
    fn cheapest_below(&self, owner: Owner, kind: Kind) -> Option<Owner> {
        let mut own = self.used(owner.0);
        let mut own_pages = self.entry(owner).evictable(kind);
        let under = self
            .owners()
            .filter(|under| self.is_right_under(*under, owner));
        let holdings = under.map(|under| {
            own = own.saturating_sub(self.used(under.0));
            own_pages = own_pages.saturating_sub(self.entry(under).evictable(kind));
            (under, self.holding(under))
        });
        let cheapest = shares::who_gives(
            holdings.filter(|(under, _)| self.entry(*under).evictable(kind) != 0),
            self.idle_tax(),
        );
        let own = Holding {
            held: own,
            idle: self.entry(owner).idle(),
            reserve: 0,
            weight: WEIGHT,
        };
        let candidates = cheapest.map(|under| (under, self.holding(under)));
        let own = (own_pages != 0).then_some((owner, own));
        shares::who_gives(candidates.into_iter().chain(own), self.idle_tax())
    }

    /// One whose place is not known yet is the root's.
    fn is_right_under(&self, under: Owner, owner: Owner) -> bool {
        match self.parent(under.0) {
            Some(parent) => parent == owner.0,
            None => owner == Owner::ROOT && under != Owner::ROOT,
        }
    }

    fn holding(&self, owner: Owner) -> Holding {
        let entry = self.entry(owner);
        Holding {
            held: self.used(owner.0),
            idle: entry.idle_below(),
            reserve: entry.reserve(),
            weight: entry.weight(),
        }
    }

    /// How idle bytes are taxed, in percent.
    pub fn idle_tax(&self) -> u32 {
        self.idle_tax.load(Relaxed)
    }

    /// Sets that, at most [`shares::MOST_TAX`].
    pub fn set_idle_tax(&self, percent: u32) {
        self.idle_tax.store(percent.min(shares::MOST_TAX), Relaxed);
    }

    /// Counts idle bytes of an account, in a round through all pages.
    pub fn saw_idle(&self, owner: Owner, bytes: u64) {
        self.entry(owner).saw_idle(bytes);
    }

    /// A round is over: what was idle in it is what is idle.
    pub fn end_round(&self) {
        for owner in self.owners() {
            self.entry(owner).end_round();
        }
    }
}
