// SPDX-License-Identifier: GPL-2.0
//! What is counted of contents, and who pays for them.
//!
//! In domain `global`, each page is charged for its content in full: else two cgroups could hold
//! memory for which neither pays. In the others, all pages of a content are of one account, which is
//! charged once.
//!
//! Under the lock of the content's shard, while that is open (snapshot.rs).
#![forbid(unsafe_code)]

use super::{
    record::{Record, Sharing},
    Class, Counter, Counts, Shape, Store, Tier,
};
use crate::account::{Account, Count, Owner};
use kernel::prelude::*;

impl<T: Tier> Store<T> {
    /// Counts a content of so many bytes that comes to one account.
    pub(super) fn count_content(&self, class: Class, bytes: i64) {
        let account = self.accounts.of(class.owner);
        count_bytes(self.counters.here(), Some(account), class.ephemeral, bytes);
        account.tally(Count::CompressedBytes, bytes);
    }

    /// Lets the owner of `class` have one more reference to the content of `record`. EDQUOT when it may not
    /// hold as much.
    pub(super) fn count_share(&self, record: &mut Record<T>, class: Class) -> Result {
        let (owner, account) = (class.owner, self.accounts.of(class.owner));
        let bytes = record.length() as i64;
        if record.sharing() == Sharing::Global {
            account.charge(bytes.unsigned_abs())?;
            account.tally(Count::CompressedBytes, bytes);
            self.count_several(record, owner);
        }
        if record.payer().is_some() {
            account.tally(Count::SavedBytes, bytes);
        }
        record.set_references(record.references().saturating_add(1));
        record.set_age(0);
        record.set_came(class.came);
        self.count_reference(record, 1);
        Ok(())
    }

    /// The content is no longer one account's, if `owner` is another.
    fn count_several(&self, record: &mut Record<T>, owner: Owner) {
        let Some(payer) = record.payer().filter(|payer| *payer != owner) else {
            return;
        };
        let bytes = record.length() as i64;
        let others = i64::from(record.references()) - 1;
        record.set_several();
        let payer = self.accounts.of(payer);
        payer.tally(Count::SavedBytes, -bytes * others);
        payer.tally(Count::ResidentBytes, -bytes);
        self.counters.add(Counter::SharedBytes, bytes);
    }

    /// Counts a reference of `account` that goes, and is still in the record.
    pub(super) fn count_release(&self, record: &Record<T>, account: Account<'_>) {
        if record.references() == 1 {
            self.count_learnt(record, -1);
            count_last(record, account, self.counters.here());
            return;
        }
        let bytes = record.length() as i64;
        self.count_reference(record, -1);
        if record.payer().is_some() {
            account.tally(Count::SavedBytes, -bytes);
        }
        if record.sharing() == Sharing::Global {
            account.tally(Count::CompressedBytes, -bytes);
            account.uncharge(bytes.unsigned_abs());
        }
    }

    /// Counts a content that comes, or goes, if it needs the dictionary of its payer.
    pub(super) fn count_learnt(&self, record: &Record<T>, sign: i64) {
        if let Some(learner) = record.learner() {
            self.dictionaries.count(learner, sign);
        }
    }

    /// Counts a reference beyond the first that comes or goes.
    #[inline(never)]
    fn count_reference(&self, record: &Record<T>, sign: i64) {
        let counts = self.counters.here();
        match record.sharing() {
            Sharing::Alone => {}
            Sharing::Cgroup => counts.add(Counter::DedupCgroup, sign),
            Sharing::Global => counts.add(Counter::DedupGlobal, sign),
        }
        counts.add(Counter::DedupBytes, record.length() as i64 * sign);
    }

    /// Lets the only reference to the content of `record`, which is `owner`'s, be to one of `length`
    /// bytes instead. EDQUOT when it may not hold as much.
    pub(super) fn count_exchange(&self, record: &Record<T>, owner: Owner, length: usize) -> Result {
        let account = self.accounts.of(owner);
        let (before, after) = (record.length() as u64, length as u64);
        match after.checked_sub(before) {
            Some(more) => account.charge(more)?,
            None => account.uncharge(before.saturating_sub(after)),
        }
        let more = after as i64 - before as i64;
        let payer = record.payer().map(|_| account);
        count_bytes(self.counters.here(), payer, record.is_ephemeral(), more);
        account.tally(Count::CompressedBytes, more);
        Ok(())
    }
}

/// Counts a content that goes with its last reference, which is of `account`, and says what a page of it
/// took.
#[inline]
pub(super) fn count_last<T: Tier>(
    record: &Record<T>,
    account: Account<'_>,
    counts: &Counts,
) -> Shape {
    let shape = record.shape();
    if shape.is_word() {
        return shape;
    }
    let bytes = shape.bytes() as i64;
    // One that pays alone has all references.
    let payer = record.payer().map(|_| account);
    count_bytes(counts, payer, record.is_ephemeral(), -bytes);
    account.tally(Count::CompressedBytes, -bytes);
    account.uncharge(shape.bytes());
    shape
}

/// Counts bytes of contents that `payer` alone holds, or several do.
#[inline]
fn count_bytes(counts: &Counts, payer: Option<Account<'_>>, ephemeral: bool, bytes: i64) {
    if bytes == 0 {
        return;
    }
    match payer {
        Some(payer) => payer.tally(Count::ResidentBytes, bytes),
        None => counts.add(Counter::SharedBytes, bytes),
    }
    counts.add(Counter::StoredBytes, bytes);
    if ephemeral {
        counts.add(Counter::EphemeralBytes, bytes);
    }
}
