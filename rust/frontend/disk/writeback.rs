// SPDX-License-Identifier: GPL-2.0
//! Cold pages go to the disk below while the pool is nearly full, so that there is room for new ones:
//! a thread writes them to where they would be, and only then are they taken out of the pool. While
//! nobody else uses that disk, old pages are written early and kept: they can leave at once later.
//!
//! Locks: `bench`, by the thread, and tried in reclaim (shrink.rs). What the thread allocates while it writes, it does without
//! I/O: a page that it would have to swap out could be one that waits for it.
#![forbid(unsafe_code)]

mod shrink;

use super::{
    flight::{Flight, BATCH},
    Overflow,
};
use crate::{
    account::{Accounts, Kind, Owner, ROOT_INODE},
    core::{pace::REST_MS, page_map::Place},
    ffi::{
        bdev::Batch,
        clock,
        errno::edquot,
        noio,
        shrinker::Shrinker,
        thread::{Priority, Thread, Work},
    },
    pool::{Cold, Found, Handle, Pool},
    store::Copied,
};
use kernel::{
    prelude::*,
    str::CString,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        new_mutex, Arc, Mutex,
    },
};

/// Thirty-seconds of what may be held: above so many, pages leave. What puts take until the thread looks
/// again must find room in the rest. After a refusal, less may be held at first, and one part more after
/// so many looks.
const FULL: u64 = 31;
const FULL_AFTER_REFUSAL: u64 = 28;
const LOOKS: u64 = 16;

/// Above the first, old pages are written early; above the second, the thread looks again soon, in
/// milliseconds, even if there were none.
const HALF: u64 = 16;
const MOST: u64 = 24;
const SOON_MS: u32 = 100;

/// A write is held back if it took so much longer than another that began with it, in nanoseconds. A page's
/// owner then rests for so many times what the batch took.
const HELD_BACK_NS: u64 = 1_000_000_000;
const REST: u64 = 4;

/// Batches after which the thread asks whether it is to end, and gaps are closed.
const BATCHES: usize = 8;

/// The thread's work.
#[pin_data]
pub(super) struct Cleaner {
    pool: Arc<Pool>,
    overflow: Arc<Overflow>,
    /// A put was refused since it was last looked at.
    refused: Atomic<bool>,
    /// Pages here that the disk below has as well: at most so many, as some may be gone.
    clean: Atomic<u64>,
    #[pin]
    bench: Mutex<Bench>,
}

struct Bench {
    cold: Cold,
    batch: Batch,
    taken: KVec<(Handle, Copied)>,
    /// Where those go, unless they changed.
    places: KVec<Option<u64>>,
    is_full: bool,
    /// Looks since a put was refused.
    looks: u64,
    /// Requests that the disk below had had at the last look.
    activity: u64,
}

impl Cleaner {
    /// May sleep. ENOMEM.
    pub(super) fn new(pool: Arc<Pool>, overflow: Arc<Overflow>, pages: u64) -> Result<Arc<Self>> {
        let bench = Bench {
            cold: Cold::new(pages)?,
            batch: Batch::new(BATCH)?,
            taken: KVec::with_capacity(BATCH, GFP_KERNEL)?,
            places: KVec::with_capacity(BATCH, GFP_KERNEL)?,
            is_full: false,
            looks: u64::MAX,
            activity: 0,
        };
        Arc::pin_init(
            pin_init!(Self {
                pool,
                overflow,
                refused: Atomic::new(false),
                clean: Atomic::new(0),
                bench <- new_mutex!(bench, "tmem_writeback"),
            }),
            GFP_KERNEL,
        )
    }

    fn flight(&self) -> &Flight {
        self.overflow.flight()
    }

    /// Whether pages are to leave.
    fn wants_room(&self, bench: &mut Bench) -> bool {
        let refused = self.refused.xchg(false, Relaxed);
        if refused {
            bench.looks = 0;
        }
        bench.is_full = refused || self.pool.is_fuller_than(bench.full());
        bench.is_full || self.accounts().has_marked()
    }

    /// What left has left gaps: there may be room without anybody's leaving.
    fn close_gaps(&self, bench: &Bench) {
        if self.refused.load(Relaxed) || self.pool.is_fuller_than(bench.full()) {
            self.pool.store().tier().compact();
        }
    }

    fn accounts(&self) -> &Accounts {
        self.pool.store().accounts()
    }

    /// Whose pages leave: those of accounts that are near their limit, and when there is not enough
    /// for all, those of the account that pays least.
    fn whose(&self, bench: &Bench) -> impl Fn(Owner) -> bool + '_ {
        let (accounts, now) = (self.accounts(), clock::now());
        let giver = bench.is_full.then(|| {
            let giver = accounts.who_gives(Kind::Any);
            giver.filter(|giver| !accounts.rests(*giver, now))
        });
        let gives = move |owner| match giver {
            Some(Some(giver)) => owner == giver,
            Some(None) => true,
            None => accounts.is_pressed(owner),
        };
        move |owner| gives(owner) && !accounts.rests(owner, now)
    }

    /// Has the coldest pages leave; how many did.
    fn make_room(&self, bench: &mut Bench) -> usize {
        let left = self.gather_cold(bench);
        left.saturating_add(self.write(bench, After::Leaves))
    }

    /// Writes old pages early, while nobody else uses the disk; how many.
    fn clean_early(&self, bench: &mut Bench) -> usize {
        let activity = self.overflow.requests();
        let is_idle = bench.activity == activity;
        bench.activity = activity;
        if !is_idle {
            return 0;
        }
        self.gather_old(bench);
        self.write(bench, After::Stays)
    }

    /// Copies the coldest pages to the batch; those that the disk has already leave at once. How many
    /// did.
    fn gather_cold(&self, bench: &mut Bench) -> usize {
        let mut left = 0;
        let wanted = self.whose(bench);
        let settings = self.overflow.settings();
        let capacity = bench.batch.capacity();
        let most = settings.allowance(capacity);
        while settings.is_on() && bench.taken.len() < capacity && left < capacity {
            let at = bench.taken.len();
            let page = bench.batch.page(at).filter(|_| at < most);
            match self.pool.next_cold(&mut bench.cold, &wanted, page.as_ref()) {
                Some(Found::Clean(handle)) => left += usize::from(self.clean_leaves(&handle)),
                Some(Found::Copied(handle, copied)) => bench.take(handle, copied),
                None => break,
            }
        }
        left
    }

    /// Takes a page out of the pool that the disk below has; whether it did. Does not sleep.
    fn clean_leaves(&self, handle: &Handle) -> bool {
        let below = || self.overflow.set(super::number(handle), Place::Below);
        let left = self.pool.clean_leaves(handle, below);
        if left {
            self.clean
                .store(self.clean.load(Relaxed).saturating_sub(1), Relaxed);
        }
        left
    }

    /// Copies old pages to the batch.
    fn gather_old(&self, bench: &mut Bench) {
        let (accounts, now) = (self.accounts(), clock::now());
        let wanted = |owner| !accounts.rests(owner, now);
        let most = self.overflow.settings().allowance(bench.batch.capacity());
        while bench.taken.len() < most {
            let Some(page) = bench.batch.page(bench.taken.len()) else {
                break;
            };
            match self.pool.next_old(&mut bench.cold, wanted, &page) {
                Some((handle, copied)) => bench.take(handle, copied),
                None => break,
            }
        }
    }

    /// Writes the batch; how many pages did what they were to do `after` that.
    fn write(&self, bench: &mut Bench, after: After) -> usize {
        if bench.taken.is_empty() {
            return 0;
        }
        noio::scope(|| {
            self.flight().begin(&bench.places);
            self.leave_out_changed(bench);
            self.send(bench);
            let done = self.finish(bench, after);
            self.flight().end();
            done
        })
    }

    /// Writes what has a place, each page as its owner's. An owner whose writes are held back, by its `io.max` or
    /// the like, holds up others for a small part of the time only.
    fn send(&self, bench: &mut Bench) {
        let Bench {
            batch,
            taken,
            places,
            ..
        } = bench;
        let owner = |at: usize| Some(taken.get(at)?.1.owner());
        let begin = clock::now();
        batch.write(self.overflow.backing(), places, |at| {
            let inode = owner(at).and_then(|owner| self.accounts().inode(owner));
            inode.unwrap_or(ROOT_INODE)
        });
        let ends = places
            .iter()
            .enumerate()
            .filter_map(|(at, place)| place.and(batch.ended(at)).zip(owner(at)));
        let first = ends.clone().map(|(end, _)| end).min().unwrap_or(0);
        let now = clock::now();
        for (_, owner) in ends.filter(|(end, _)| end.saturating_sub(first) > HELD_BACK_NS) {
            let took = now.saturating_sub(begin);
            self.accounts()
                .rest(owner, now.saturating_add(took.saturating_mul(REST)));
        }
    }

    /// Leaves out what is no longer in the pool: it may be on its way to the disk already.
    fn leave_out_changed(&self, bench: &mut Bench) {
        for ((handle, copied), place) in bench.taken.iter().zip(bench.places.iter_mut()) {
            if !self.pool.still_has(handle, copied) {
                *place = None;
            }
        }
    }

    /// Takes what was written out of the pool, or notes that it was; how many pages.
    fn finish(&self, bench: &mut Bench, after: After) -> usize {
        let (mut written, mut done) = (0_u64, 0_usize);
        let Bench {
            batch,
            taken,
            places,
            ..
        } = bench;
        for (at, ((handle, copied), place)) in taken.drain_all().zip(places.iter()).enumerate() {
            let Some(page) = place.filter(|_| batch.succeeded(at)) else {
                self.pool.stays(copied);
                continue;
            };
            written = written.saturating_add(1);
            self.pool.was_written(&copied);
            done += match after {
                After::Leaves => {
                    let below = || self.overflow.set(page, Place::Below);
                    usize::from(self.pool.leaves(&handle, copied, below))
                }
                After::Stays => {
                    self.pool.cleaned(&handle, copied);
                    self.clean.add(1, Relaxed);
                    1
                }
            };
        }
        places.clear();
        self.overflow.wrote(written);
        self.overflow.settings().spend(written);
        done
    }
}

/// What becomes of a page that was written.
#[derive(Clone, Copy)]
enum After {
    Leaves,
    Stays,
}

impl Bench {
    /// Thirty-seconds of what may be held, above which pages leave now.
    fn full(&self) -> u64 {
        (self.looks / LOOKS)
            .saturating_add(FULL_AFTER_REFUSAL)
            .min(FULL)
    }

    fn take(&mut self, handle: Handle, copied: Copied) {
        // There is room: as much as in the batch.
        let _ = self.taken.push_within_capacity((handle, copied));
        let place = Some(super::number(&handle));
        let _ = self.places.push_within_capacity(place);
    }
}

impl Work for Cleaner {
    fn work(&self) -> u32 {
        let mut bench = self.bench.lock();
        self.pool.estimate_room();
        bench.looks = bench.looks.saturating_add(1);
        self.close_gaps(&bench);
        let mut wants_more = false;
        for _ in 0..BATCHES {
            wants_more = self.wants_room(&mut bench);
            if !wants_more {
                break;
            }
            if self.make_room(&mut bench) == 0 {
                return SOON_MS;
            }
            self.pool.room_was_made();
        }
        if wants_more {
            return 0;
        }
        if !self.pool.is_fuller_than(HALF) {
            return REST_MS;
        }
        if self.clean_early(&mut bench) == 0 && !self.pool.is_fuller_than(MOST) {
            return REST_MS;
        }
        SOON_MS
    }
}

/// The thread, as the disk has it. Dropping it waits until its present piece of work is done.
pub(super) struct Background {
    thread: Thread<Cleaner>,
    _shrinker: Shrinker<Cleaner>,
    cleaner: Arc<Cleaner>,
}

impl Background {
    /// Starts it for disk `number`. May sleep. ENOMEM.
    pub(super) fn start(number: u32, cleaner: Arc<Cleaner>) -> Result<Self> {
        let name = CString::try_from_fmt(fmt!("tmem{number}_back"))?;
        Ok(Self {
            thread: Thread::start(&name, Priority::Normal, cleaner.clone())?,
            _shrinker: Shrinker::register(c"tmem-clean", cleaner.clone())?,
            cleaner,
        })
    }

    /// A put was refused with `error`. What is about one cgroup makes nobody else's pages leave. Any
    /// context.
    pub(super) fn was_refused(&self, error: Error) {
        if error != edquot() {
            self.cleaner.refused.store(true, Relaxed);
        }
        self.thread.wake();
    }
}
