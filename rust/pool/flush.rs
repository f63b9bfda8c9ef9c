// SPDX-License-Identifier: GPL-2.0
//! Pages that their users no longer need.
#![forbid(unsafe_code)]

use super::{index::Change, Handle, ObjectId, Pool};
use crate::{
    ffi::machine,
    store::{Counter, Counts},
};

impl Pool {
    /// Takes away the page under `handle`, if there is one. Any context but an interrupt.
    pub fn flush_page(&self, handle: &Handle) {
        self.flush(handle, self.counters.here());
    }

    /// As [`Pool::flush_page`], and counts it as a slot that the swap core freed.
    #[inline]
    pub fn free_slot(&self, handle: &Handle) {
        let counts = self.counters.here();
        counts.add(Counter::NotifyFree, 1);
        self.flush(handle, counts);
    }

    #[inline(always)]
    fn flush(&self, handle: &Handle, counts: &Counts) {
        self.ends(handle);
        let (content, change) = self.index.take(handle);
        if let Some(content) = content {
            counts.add(Counter::Flushes, 1);
            self.let_go(content, change, counts);
            self.gate.open();
        }
    }

    /// Takes away the page under `handle`, and says whether there was one: it makes no room that was
    /// not there before it came, so it lets no put try that would be turned away.
    pub fn forget(&self, handle: &Handle) -> bool {
        self.forget_and(handle, || ())
    }

    /// As [`Pool::forget`], and calls `leaves` under the spinlock that a put calls its `arrives`.
    pub fn forget_and(&self, handle: &Handle, leaves: impl FnOnce()) -> bool {
        let (content, change) = self.index.take_and(handle, leaves);
        content
            .map(|content| self.gave_up(content, change, self.counters.here()))
            .is_some()
    }

    /// Takes away all pages of an object that were put before; what is put meanwhile may go, too. May
    /// sleep.
    pub fn flush_object(&self, object: &ObjectId) {
        let mut from = Some(0);
        while let Some((leaf, change)) = from.and_then(|from| self.index.take_leaf(object, from)) {
            from = leaf.block().checked_add(1);
            self.note(change);
            let counts = self.counters.here();
            leaf.for_each(|content| {
                counts.add(Counter::Flushes, 1);
                self.gave_up(content, Change::default(), counts);
            });
            self.gate.open();
            machine::cond_resched();
        }
    }

    /// Takes away all pages. May sleep.
    pub(super) fn clear(&self) {
        for shard in 0..self.index.shards() {
            while let Some((leaf, change)) = self.index.take_any(shard) {
                self.note(change);
                let counts = self.counters.here();
                leaf.for_each(|content| self.gave_up(content, Change::default(), counts));
                machine::cond_resched();
            }
        }
    }
}
