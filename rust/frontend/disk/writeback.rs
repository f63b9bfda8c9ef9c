// SPDX-License-Identifier: GPL-2.0
//! Cold pages go to the disk below while the pool is nearly full, so that there is room for new ones:
//! a thread writes them to where they would be, and only then are they taken out of the pool.
//!
//! Locks: `bench`, by the thread alone. What the thread allocates while it writes, it does without
//! I/O: a page that it would have to swap out could be one that waits for it.
#![forbid(unsafe_code)]

use super::{
    flight::{Flight, BATCH},
    Overflow,
};
use crate::{
    core::{pace::REST_MS, page_map::Place},
    ffi::{
        bdev::Batch,
        noio,
        thread::{Priority, Thread, Work},
    },
    pool::{Cold, Handle, Pool},
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

/// Sixteenths of what may be held: above the first, pages leave until it is less than the second.
const HIGH: u64 = 15;
const LOW: u64 = 14;

/// Above this the thread looks again soon, in milliseconds.
const HALF: u64 = 8;
const SOON_MS: u32 = 100;

/// Batches after which the thread asks whether it is to end, and the arena is compacted.
const BATCHES: usize = 8;

/// What an administrator sets. It outlives the disk's contents.
pub struct Writeback {
    is_on: Atomic<bool>,
    is_limited: Atomic<bool>,
    limit: Atomic<u64>,
}

impl Writeback {
    /// On, without a limit.
    pub(super) const fn new() -> Self {
        Self {
            is_on: Atomic::new(true),
            is_limited: Atomic::new(false),
            limit: Atomic::new(0),
        }
    }

    /// As it was when new.
    pub(super) fn reset(&self) {
        self.set_on(true);
        self.set_limited(false);
        self.set_limit(0);
    }

    /// Whether cold pages go to the disk below.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Relaxed)
    }

    /// Sets it.
    pub fn set_on(&self, is_on: bool) {
        self.is_on.store(is_on, Relaxed);
    }

    /// Whether [`Writeback::limit`] holds.
    pub fn is_limited(&self) -> bool {
        self.is_limited.load(Relaxed)
    }

    /// Sets it.
    pub fn set_limited(&self, is_limited: bool) {
        self.is_limited.store(is_limited, Relaxed);
    }

    /// How many pages may still be written back.
    pub fn limit(&self) -> u64 {
        self.limit.load(Relaxed)
    }

    /// Sets it.
    pub fn set_limit(&self, pages: u64) {
        self.limit.store(pages, Relaxed);
    }

    /// How many of `pages` may be written back now.
    fn allowance(&self, pages: usize) -> usize {
        match (self.is_on(), self.is_limited()) {
            (false, _) => 0,
            (true, false) => pages,
            (true, true) => usize::try_from(self.limit())
                .unwrap_or(usize::MAX)
                .min(pages),
        }
    }

    fn spend(&self, pages: u64) {
        if self.is_limited() {
            // Only this thread takes from it; what an administrator sets meanwhile counts.
            self.limit.fetch_sub(pages.min(self.limit()), Relaxed);
        }
    }
}

/// The thread's work.
#[pin_data]
pub(super) struct Cleaner {
    pool: Arc<Pool>,
    overflow: Arc<Overflow>,
    settings: Arc<Writeback>,
    /// A put was refused since it was last looked at.
    refused: Atomic<bool>,
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
}

impl Cleaner {
    /// May sleep. ENOMEM.
    pub(super) fn new(
        pool: Arc<Pool>,
        overflow: Arc<Overflow>,
        settings: Arc<Writeback>,
    ) -> Result<Arc<Self>> {
        let bench = Bench {
            cold: Cold::new(),
            batch: Batch::new(BATCH)?,
            taken: KVec::with_capacity(BATCH, GFP_KERNEL)?,
            places: KVec::with_capacity(BATCH, GFP_KERNEL)?,
            is_full: false,
        };
        Arc::pin_init(
            pin_init!(Self {
                pool,
                overflow,
                settings,
                refused: Atomic::new(false),
                bench <- new_mutex!(bench, "tmem_writeback"),
            }),
            GFP_KERNEL,
        )
    }

    fn flight(&self) -> &Flight {
        self.overflow.flight()
    }

    /// Whether pages are to leave: from one mark to the other.
    fn wants_room(&self, bench: &mut Bench) -> bool {
        let refused = self.refused.xchg(false, Relaxed);
        let mark = if bench.is_full { LOW } else { HIGH };
        bench.is_full = refused || self.pool.is_fuller_than(mark);
        bench.is_full
    }

    /// Writes the coldest pages; how many left.
    fn clean(&self, bench: &mut Bench) -> usize {
        self.gather(bench);
        if bench.taken.is_empty() {
            return 0;
        }
        let left = noio::scope(|| {
            self.flight().begin(&bench.places);
            self.leave_out_changed(bench);
            bench.batch.write(self.overflow.backing(), &bench.places);
            let left = self.take_away(bench);
            self.flight().end();
            left
        });
        self.pool.room_was_made();
        left
    }

    /// Copies the coldest pages to the batch.
    fn gather(&self, bench: &mut Bench) {
        bench.places.clear();
        let most = self.settings.allowance(bench.batch.capacity());
        for at in 0..most {
            let Some(page) = bench.batch.page(at) else {
                break;
            };
            let Some((handle, copied)) = self.pool.next_cold(&mut bench.cold, &page) else {
                break;
            };
            // There is room: as much as in the batch.
            let _ = bench.taken.push_within_capacity((handle, copied));
            let _ = bench
                .places
                .push_within_capacity(Some(super::number(&handle)));
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

    /// Takes what was written out of the pool; how many pages that were.
    fn take_away(&self, bench: &mut Bench) -> usize {
        let (mut written, mut left) = (0_u64, 0_usize);
        let Bench {
            batch,
            taken,
            places,
            ..
        } = bench;
        for (at, ((handle, copied), place)) in taken.drain_all().zip(places.iter()).enumerate() {
            match *place {
                Some(page) if batch.succeeded(at) => {
                    written = written.saturating_add(1);
                    let below = || self.overflow.set(page, Place::Below);
                    left += usize::from(self.pool.leaves(&handle, copied, below));
                }
                _ => self.pool.stays(copied),
            }
        }
        self.overflow.wrote(written);
        self.settings.spend(written);
        left
    }
}

impl Work for Cleaner {
    fn work(&self) -> u32 {
        let mut bench = self.bench.lock();
        if self.pool.is_fuller_than(HALF) {
            self.pool.age(&mut bench.cold);
        }
        for _ in 0..BATCHES {
            if !self.wants_room(&mut bench) {
                break;
            }
            if self.clean(&mut bench) == 0 {
                return SOON_MS;
            }
        }
        if bench.is_full {
            self.pool.store().tier().compact();
            return 0;
        }
        if self.pool.is_fuller_than(HALF) {
            SOON_MS
        } else {
            REST_MS
        }
    }
}

/// The thread, as the disk has it. Dropping it waits until its present piece of work is done.
pub(super) struct Background {
    thread: Thread<Cleaner>,
    cleaner: Arc<Cleaner>,
}

impl Background {
    /// Starts it for disk `number`. May sleep. ENOMEM.
    pub(super) fn start(number: u32, cleaner: Arc<Cleaner>) -> Result<Self> {
        let name = CString::try_from_fmt(fmt!("tmem{number}_back"))?;
        Ok(Self {
            thread: Thread::start(&name, Priority::Normal, cleaner.clone())?,
            cleaner,
        })
    }

    /// A put was refused. Any context.
    pub(super) fn was_refused(&self) {
        self.cleaner.refused.store(true, Relaxed);
        self.thread.wake();
    }
}
