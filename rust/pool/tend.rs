// SPDX-License-Identifier: GPL-2.0
//! What a thread does about pages while nobody asks for them: it looks at each in turn, round by
//! round. What nobody asked for in a while is encoded densely, and what was got since then as it
//! came; what must not be shared any longer is kept for each page.
//!
//! Under `state` (pools.rs) for one page at a time. Nothing is allocated there but without I/O.
#![forbid(unsafe_code)]

use super::{
    count,
    index::Position,
    pools::{Pools, State},
    room::estimate_room,
    Handle, Pool,
};
use crate::{
    account::Count,
    core::pace::{pause_ms, Watch, REST_MS, YIELD_MS},
    ffi::{
        clock, machine,
        page::{Page, PageBuffer},
        thread::{self, Work},
        zsmalloc,
    },
    store::{Algorithm, Class, Counter, Desk, Encoded, Job, Round, Shape, Task},
};
use core::mem::replace;
use kernel::{
    prelude::*,
    sync::{new_mutex, Arc, Mutex},
};

/// A content is old when it was not asked for in this many rounds: so many rounds make the time
/// that an administrator set.
const OLD: u8 = 4;

/// Between two rounds for accounts that are near their limit, and pools that are, in seconds: the first, and
/// twice as many after each that found nothing to do, up to the second.
const PRESSED_SECONDS: u64 = 2;
const MOST_PRESSED_SECONDS: u64 = 16;

/// Thirty-seconds of what a pool may hold: with more, it is near its limit.
const FULL: u64 = 24;

/// There, a page is young until as many were put since as this part of all.
const YOUNG: u64 = 16;

/// Some times what encoding densely takes.
const SPARE_BYTES: u64 = 8 << 20;

/// Pages that are looked at between two looks at the clock, unless there is work to do about one.
const BATCH: usize = 64;

/// Nanoseconds of work after which there is a pause.
const SLICE_NS: u64 = 2_000_000;

/// Where a walk through all pools is.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    pool: usize,
    at: Position,
}

impl Walk {
    pub(super) const START: Self = Self {
        pool: 0,
        at: Position::START,
    };

    /// The next page of the pools that are `wanted`, with its pool; [`None`] after the last.
    pub(super) fn next<'a>(
        &mut self,
        state: &'a State,
        wanted: impl Fn(&Pool) -> bool,
    ) -> Option<(&'a Arc<Pool>, Position)> {
        while let Some(member) = state.members.get(self.pool) {
            if wanted(&member.pool) {
                if let Some(position) = member.pool.index.next(self.at) {
                    self.at = position.after();
                    return Some((&member.pool, position));
                }
            }
            *self = Self {
                pool: self.pool.wrapping_add(1),
                at: Position::START,
            };
        }
        None
    }
}

/// The thread's work.
#[pin_data]
pub struct Tender {
    pools: Arc<Pools>,
    #[pin]
    bench: Mutex<Bench>,
}

/// What a round is for, beside what must not be shared any longer.
#[derive(Clone, Copy)]
struct Purpose {
    /// Pages get older.
    ages: bool,
    /// Old ones are encoded densely.
    packs: bool,
    /// So are those that are not young, in pools that are near their limit and have a disk below.
    presses: bool,
}

struct Bench {
    watch: Watch,
    pressed: Watch,
    pressed_seconds: u64,
    pause: u32,
    /// Whether the round that is under way has found something to do.
    found: bool,
    /// The round that is under way, and how far it is.
    round: Option<(Purpose, Walk)>,
    buffer: KBox<PageBuffer>,
    desk: Option<Desk>,
}

impl Tender {
    /// May sleep. ENOMEM.
    pub fn new(pools: Arc<Pools>) -> Result<Arc<Self>> {
        let bench = Bench {
            watch: Watch::new(clock::now()),
            pressed: Watch::new(clock::now()),
            pressed_seconds: PRESSED_SECONDS,
            pause: 0,
            found: false,
            round: None,
            buffer: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
            desk: None,
        };
        Arc::pin_init(
            pin_init!(Self {
                pools,
                bench <- new_mutex!(bench, "tmem_bench"),
            }),
            GFP_KERNEL,
        )
    }
}

impl Work for Tender {
    fn work(&self) -> u32 {
        let mut bench = self.bench.lock();
        bench.pause = self.pools.tend(&mut bench);
        bench.pause
    }
}

impl Pools {
    /// Does a slice of the work; how long to sleep after it, in milliseconds.
    fn tend(&self, bench: &mut Bench) -> u32 {
        let pause = bench.pause;
        bench.watch.see(clock::now(), pause);
        bench.pressed.see(clock::now(), pause);
        self.look_around();
        self.obey_cap();
        match bench.round {
            None => bench.round = self.next_round(bench),
            Some((purpose, _)) if !self.is_wanted() => {
                bench.round = None;
                self.end_round(bench, purpose);
            }
            Some(_) => {}
        }
        if !self.may_work() {
            return YIELD_MS;
        }
        let Some((purpose, walk)) = bench.round.take() else {
            return REST_MS;
        };
        if self.has_bytes() && self.prepare(bench).is_err() {
            return REST_MS;
        }
        let worked = thread::worked_ns();
        bench.round = match self.walk(bench, purpose, walk) {
            Some(walk) => Some((purpose, walk)),
            None => self.end_walk(bench, purpose),
        };
        let worked = thread::worked_ns().saturating_sub(worked);
        pause_ms(worked, self.policy().recompress_cpu_percent())
    }

    /// Tells the kernel what it may have back, and those who choose pages that leave how many need not.
    fn look_around(&self) {
        let state = self.state.lock();
        self.tell_reclaimable(state.store.as_deref());
        estimate_room(&state);
    }

    /// Whether nobody else wants the CPU, which this thread gets even then for a moment now and then; or what must not be shared
    /// any longer still is.
    fn may_work(&self) -> bool {
        thread::is_alone() || self.must_split()
    }

    /// Whether pages are shared that must not be any longer.
    fn must_split(&self) -> bool {
        self.totals().dedup_pending_pages > 0
    }

    /// Whether there is something to encode.
    fn has_bytes(&self) -> bool {
        let store = self.store();
        store.is_some_and(|store| store.counted(Counter::StoredBytes) > 0)
    }

    /// Whether a round is of use still, by what an administrator has set meanwhile.
    fn is_wanted(&self) -> bool {
        self.policy().recompress_idle_seconds() != 0 || self.must_split()
    }

    /// What a round that begins now is for, if it is time for one.
    fn next_round(&self, bench: &mut Bench) -> Option<(Purpose, Walk)> {
        let seconds = self.policy().recompress_idle_seconds();
        let ages = seconds != 0 && bench.watch.is_over(seconds.div_ceil(OLD.into()));
        let purpose = Purpose {
            ages,
            packs: ages,
            presses: seconds != 0
                && self.is_pressed()
                && bench.pressed.is_over(bench.pressed_seconds),
        };
        let works = purpose.ages || purpose.presses || self.must_split();
        works.then_some((purpose, Walk::START))
    }

    /// When all pages were looked at: the round goes on if something was learnt that others wait for.
    fn end_walk(&self, bench: &mut Bench, purpose: Purpose) -> Option<(Purpose, Walk)> {
        if purpose.ages {
            self.accounts().end_round();
        }
        let learnt = self.store().zip(bench.desk.as_mut());
        if learnt.is_some_and(|(store, desk)| store.end_lesson(desk)) {
            let purpose = Purpose {
                ages: false,
                ..purpose
            };
            return Some((purpose, Walk::START));
        }
        self.end_round(bench, purpose);
        None
    }

    fn end_round(&self, bench: &mut Bench, purpose: Purpose) {
        bench.desk = None;
        if let Some(store) = self.store() {
            store.sweep();
        }
        let found = replace(&mut bench.found, false);
        if purpose.presses {
            let twice = bench.pressed_seconds.saturating_mul(2);
            bench.pressed_seconds = if found {
                PRESSED_SECONDS
            } else {
                twice.min(MOST_PRESSED_SECONDS)
            };
        }
    }

    /// Whether an account or a pool is near its limit.
    fn is_pressed(&self) -> bool {
        let is_full = |pool: &Pool| pool.is_fuller_than(FULL);
        let members = &self.state.lock().members;
        self.accounts().has_marked() || members.iter().any(|member| is_full(&member.pool))
    }

    /// A desk, and what gets of densely encoded pages need.
    fn prepare(&self, bench: &mut Bench) -> Result {
        if bench.desk.is_none() {
            // It waits until programs have what they need.
            if machine::available_bytes() < SPARE_BYTES {
                return Err(ENOMEM);
            }
            bench.desk = Some(Desk::new()?);
        }
        self.make_ready(Algorithm::Zstd)?;
        // The buffers take some of what may be held, too.
        self.obey_cap();
        Ok(())
    }

    /// Looks at pages for a while, if there are any; where to go on, unless that was the last one.
    fn walk(&self, bench: &mut Bench, purpose: Purpose, mut walk: Walk) -> Option<Walk> {
        let desk = bench.desk.as_mut()?;
        let page = bench.buffer.as_page();
        let begin = thread::worked_ns();
        loop {
            for _ in 0..BATCH {
                let state = self.state.lock();
                let (pool, position) = walk.next(&state, |_| true)?;
                if pool.tend(&position.handle(), purpose, &page, desk) {
                    bench.found = true;
                    break;
                }
            }
            if thread::worked_ns().saturating_sub(begin) >= SLICE_NS || !self.may_work() {
                return Some(walk);
            }
        }
    }
}

impl Pool {
    /// Looks at a page, and does what there is to do about it; whether there was something.
    fn tend(&self, handle: &Handle, purpose: Purpose, page: &Page<'_>, desk: &mut Desk) -> bool {
        let round = Round {
            ages: purpose.ages,
            packs: purpose.packs,
            old: OLD,
            dense: Algorithm::Zstd,
            fast: self.limit.algorithm(self.store.policy()),
        };
        let presses =
            |came| purpose.presses && self.is_fuller_than(FULL) && self.is_old(YOUNG)(came);
        let look = |content: &_| self.store.look(content, &round, presses, desk, page);
        let Some(task) = self.index.with(handle, look).flatten() else {
            self.store.begin_lesson(desk);
            return false;
        };
        let (begin, waited) = (clock::now(), thread::waited_ns());
        match task.job {
            Job::Encode(algorithm) => {
                let encoded = self.store.encode_again(&task, algorithm, page, desk);
                if let Some(encoded) = encoded {
                    self.encoded(handle, &task, encoded, &round);
                }
            }
            Job::Learn => desk.learn(page),
            Job::Split => self.split(handle, &task, page),
        }
        let waited = thread::waited_ns().saturating_sub(waited);
        let worked = clock::now().saturating_sub(begin).saturating_sub(waited);
        self.store
            .accounts()
            .of(task.owner)
            .tally(Count::WorkNs, worked as i64);
        self.store.finish(task);
        true
    }

    fn encoded(
        &self,
        handle: &Handle,
        task: &Task,
        encoded: Encoded<zsmalloc::Object>,
        round: &Round,
    ) {
        let exchanged = self.index.with(handle, |content| {
            task.is_about(content)
                .then(|| self.store.exchange(task, encoded, round))
                .flatten()
        });
        if let Some((before, after)) = exchanged.flatten() {
            self.exchanged(before, after);
        }
    }

    fn split(&self, handle: &Handle, task: &Task, page: &Page<'_>) {
        let class = Class {
            owner: task.owner,
            ephemeral: self.kind.is_ephemeral(),
            came: self.now(),
        };
        let algorithm = self.limit.algorithm(self.store.policy());
        let Ok((content, shape)) = self.store.put_alone(page, class, algorithm) else {
            return;
        };
        let about = |old: &_| task.is_about(old);
        match self.index.exchange_if(handle, content, about) {
            Ok(old) => {
                let (before, _) = self.store.release(old);
                self.exchanged(before, shape);
            }
            Err(content) => {
                let _ = self.store.release(content);
            }
        }
    }

    /// Counts a page that takes something else now.
    fn exchanged(&self, before: Shape, after: Shape) {
        let counts = self.counters.here();
        count(counts, before, -1);
        count(counts, after, 1);
    }
}
