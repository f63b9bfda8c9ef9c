// SPDX-License-Identifier: GPL-2.0
//! How a page comes into a pool.
#![forbid(unsafe_code)]

use super::{count, leaf, Handle, Pool};
use crate::{
    account::Count,
    ffi::page::Page,
    store::{Class, Content, Counter, Shape},
};
use kernel::{prelude::*, sync::atomic::ordering::Relaxed};

/// How often room is made for one page: what gets free may be too little for it.
const MOST_TRIES: usize = 8;

impl Pool {
    /// Keeps a copy of `page`, which came from cgroup `inode`, under `handle`. When the store is
    /// full, `make_room` is asked, which says whether another try is worth it. `arrives` is called,
    /// under a spinlock, when it comes where nothing was. May sleep, without I/O.
    ///
    /// ENOMEM, ENOSPC (its own limit) or EDQUOT (the cgroup's, or a quota) when it is refused: the
    /// older page, if there was one, is still there.
    pub(super) fn overwrite(
        &self,
        handle: &Handle,
        page: &Page<'_>,
        inode: u64,
        make_room: impl Fn() -> bool,
        arrives: impl Fn(),
    ) -> Result {
        let ephemeral = self.kind.is_ephemeral();
        let entered = self
            .store
            .accounts()
            .enter(inode, ephemeral)
            .map_err(|error| self.refuse(error))?;
        let owner = entered.owner();
        let class = Class {
            owner,
            ephemeral,
            came: self.comes(handle),
        };
        let mut kept = self.keep_at(handle, page, class, &arrives);
        for _ in 0..MOST_TRIES {
            if !matches!(kept, Err(ENOMEM)) || !make_room() {
                break;
            }
            self.gate.open();
            kept = self.keep_at(handle, page, class, &arrives);
        }
        match kept {
            Ok(()) => {
                entered.tally(Count::Puts, 1);
                entered.keep();
                Ok(())
            }
            Err(error) => {
                entered.tally(Count::PutsRefused, 1);
                Err(self.refuse(error))
            }
        }
    }

    fn keep_at(
        &self,
        handle: &Handle,
        page: &Page<'_>,
        class: Class,
        arrives: &impl Fn(),
    ) -> Result {
        let (content, shape) = self.keep(page, class)?;
        self.place(handle, content, shape, arrives)
    }

    fn keep(&self, page: &Page<'_>, class: Class) -> Result<(Content, Shape)> {
        let algorithm = self.limit.algorithm(self.store.policy());
        self.store
            .put(page, class, algorithm, &self.gate, || self.limit_allows())
    }

    fn place(
        &self,
        handle: &Handle,
        content: Content,
        shape: Shape,
        arrives: &impl Fn(),
    ) -> Result {
        let admit = |is_new_object| self.quotas.take(is_new_object).inspect(|()| arrives());
        let admit_leaf = || self.store.admit_table(leaf::BYTES as u64);
        match self.index.replace(handle, content, admit, admit_leaf) {
            Ok((old, change)) => {
                self.note(change);
                let counts = self.counters.here();
                count(counts, shape, 1);
                counts.add(Counter::Puts, 1);
                if shape.is_raw() {
                    counts.add(Counter::RawPagesSince, 1);
                }
                if let Some(old) = old {
                    self.release(old, counts);
                    self.gate.open();
                }
                Ok(())
            }
            Err((content, error)) => {
                let _ = self.store.release(content);
                Err(error)
            }
        }
    }

    fn refuse(&self, error: Error) -> Error {
        self.counters.add(Counter::Refused, 1);
        if error == EAGAIN {
            ENOMEM
        } else {
            error
        }
    }

    /// ENOSPC when this pool's part of the arena is more than its limit.
    fn limit_allows(&self) -> Result {
        let arena = self.store.tier().bytes();
        let limit = self.limit.bytes();
        let changed = self.arena_seen.load(Relaxed) != arena;
        if limit == 0 && !changed {
            return Ok(());
        }
        self.arena_seen.store(arena, Relaxed);
        let used = self.used_bytes();
        if limit != 0 && used > limit {
            return Err(ENOSPC);
        }
        if self.used_max.load(Relaxed) < used {
            self.used_max.store(used, Relaxed);
        }
        Ok(())
    }
}
