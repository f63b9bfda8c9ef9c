// SPDX-License-Identifier: GPL-2.0
//! An account that was looked up, and what pages do to it.
//!
//! Locks: `tree`, when the stock is too small or too large. Any context but an interrupt; nothing sleeps.
#![forbid(unsafe_code)]

use super::{entry::Entry, Accounts, Count, Owner, BATCH, PAGE_METADATA};
use crate::ffi::errno::edquot;
use kernel::prelude::*;

/// An account: who has several things to do to it looks it up once.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    pub(super) accounts: &'a Accounts,
    pub(super) owner: Owner,
    pub(super) entry: &'a Entry,
}

impl Account<'_> {
    /// Its number.
    #[inline]
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// Counts something of it. Any context.
    #[inline]
    pub fn tally(&self, count: Count, by: i64) {
        self.entry.add(count, by);
    }

    /// Lets it hold `bytes` more. EDQUOT when that is more than it may.
    #[inline]
    pub fn charge(&self, bytes: u64) -> Result {
        if self.entry.restock((bytes as i64).wrapping_neg()) >= 0 {
            return Ok(());
        }
        self.accounts.fill_stock(self.owner, self.entry, bytes)
    }

    /// It holds `bytes` less.
    #[inline]
    pub fn uncharge(&self, bytes: u64) {
        if self.entry.restock(bytes as i64) > 2 * BATCH {
            self.accounts.return_stock(self.owner, self.entry);
        }
    }

    /// Lets a page of it go.
    #[inline]
    pub fn leave(&self, ephemeral: bool) {
        self.uncharge(PAGE_METADATA);
        self.unpin(ephemeral);
    }

    #[inline]
    fn unpin(&self, ephemeral: bool) {
        if ephemeral {
            self.tally(Count::EphemeralPages, -1);
        }
        self.entry.unpin();
    }
}

/// A page that an account has taken in. Dropping it lets it go.
pub struct Entered<'a> {
    account: Account<'a>,
    ephemeral: bool,
}

impl<'a> Entered<'a> {
    /// Of an account that is pinned. EDQUOT, and it is no longer.
    #[inline]
    pub(super) fn new(account: Account<'a>, ephemeral: bool) -> Result<Self> {
        if ephemeral {
            account.tally(Count::EphemeralPages, 1);
        }
        let is_full = account.accounts.stays_full(account.entry);
        if is_full || account.charge(PAGE_METADATA).is_err() {
            account.unpin(ephemeral);
            account.tally(Count::PutsRefused, 1);
            return Err(edquot());
        }
        Ok(Self { account, ephemeral })
    }

    /// Whose it is.
    #[inline]
    pub fn owner(&self) -> Owner {
        self.account.owner()
    }

    /// Counts something of whose it is.
    #[inline]
    pub fn tally(&self, count: Count, by: i64) {
        self.account.tally(count, by);
    }

    /// It stays until [`Account::leave`].
    #[inline]
    pub fn keep(self) {
        core::mem::forget(self);
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.account.leave(self.ephemeral);
    }
}
