// SPDX-License-Identifier: GPL-2.0
//! Gets.
#![forbid(unsafe_code)]

use super::{Handle, Kind, Pool};
use crate::{account::Count, ffi::page::Page, store::Counter};
use kernel::prelude::*;

impl Pool {
    /// Writes the page under `handle` to `page`. Does not sleep.
    ///
    /// ENOENT when there is none. EIO, with `page` undefined, when what is kept was damaged. A hit
    /// in a private ephemeral pool takes the page away, damaged or not.
    pub fn get(&self, handle: &Handle, page: &Page<'_>) -> Result {
        if self.kind == Kind::Ephemeral {
            self.get_away(handle, page)
        } else {
            self.get_copy(handle, page)
        }
    }

    /// As [`Pool::get`], and the page stays: for a pool that is known to be no private ephemeral one.
    #[inline(always)]
    pub fn get_copy(&self, handle: &Handle, page: &Page<'_>) -> Result {
        self.counters.add(Counter::Gets, 1);
        let now = self.is_asked(handle);
        let result = self.index.hold(handle, &self.store, |mut held, owner| {
            self.store.accounts().of(owner).tally(Count::Gets, 1);
            held.read(&self.store, page, now)
        });
        self.answer(result)
    }

    fn get_away(&self, handle: &Handle, page: &Page<'_>) -> Result {
        self.counters.add(Counter::Gets, 1);
        let now = self.is_asked(handle);
        let (content, change) = self.index.take(handle);
        let result = content.map(|content| {
            let result = self.store.hold(&content).read(&self.store, page, now);
            self.store
                .accounts()
                .of(content.owner())
                .tally(Count::Gets, 1);
            self.gave_up(content, change, self.counters.here());
            result
        });
        self.answer(result)
    }

    #[inline(always)]
    fn answer(&self, result: Option<Result>) -> Result {
        match result {
            Some(Ok(())) => Ok(()),
            result => Err(self.not_got(result)),
        }
    }

    /// Counts a get that did not go well, and says why.
    #[cold]
    fn not_got(&self, result: Option<Result>) -> Error {
        match result {
            Some(Err(error)) => {
                self.counters.add(Counter::Corrupt, 1);
                error
            }
            _ => {
                self.counters.add(Counter::GetsMissed, 1);
                ENOENT
            }
        }
    }
}
