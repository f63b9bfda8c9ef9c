// SPDX-License-Identifier: GPL-2.0
//! What a thread does about pages while nobody asks for them: it looks at each in turn, round by
//! round. What nobody asked for in a while is encoded densely, and what was got since then as it
//! came; what must not be shared any longer is kept for each page.
//!
//! Under `state` (pools.rs) for one page at a time. Nothing is allocated there but without I/O.
#![forbid(unsafe_code)]

use super::{
    index::Position,
    pools::{Pools, State},
    Handle, Pool,
};
use crate::{
    account::Count,
    core::pace::{pause_ms, Watch, REST_MS, YIELD_MS},
    ffi::{
        clock,
        page::{Page, PageBuffer},
        thread::{self, Work},
    },
    store::{Algorithm, Class, Job, Round, Task, Workspace},
};
use kernel::{
    prelude::*,
    sync::{new_mutex, Arc, Mutex},
};

/// A content is old when it was not asked for in this many rounds: so many rounds make the time
/// that an administrator set.
const OLD: u8 = 4;

/// Between two rounds for accounts that are near their limit, in seconds.
const PRESSED_SECONDS: u64 = 5;

/// Pages that are looked at between two looks at the clock, unless there is work to do about one.
const BATCH: usize = 64;

/// Nanoseconds of work after which there is a pause.
const SLICE_NS: u64 = 2_000_000;

/// Others want the CPU if this had to wait for it so long, in nanoseconds.
const PATIENCE_NS: u64 = 1_000_000;

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

struct Bench {
    watch: Watch,
    pressed: Watch,
    pause: u32,
    /// How long this has waited for a CPU until it last paused.
    waited: u64,
    /// The round that is under way, and how far it is.
    round: Option<(bool, Walk)>,
    buffer: KBox<PageBuffer>,
    workspace: Option<Workspace>,
}

impl Tender {
    /// May sleep. ENOMEM.
    pub fn new(pools: Arc<Pools>) -> Result<Arc<Self>> {
        let bench = Bench {
            watch: Watch::new(clock::now()),
            pressed: Watch::new(clock::now()),
            pause: 0,
            waited: 0,
            round: None,
            buffer: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
            workspace: None,
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

impl Bench {
    /// Whether others have the CPU, which this thread gets only when they do not want it: it had to
    /// wait since its pause was over.
    fn others_wait(&self) -> bool {
        thread::waited_ns().saturating_sub(self.waited) > PATIENCE_NS
    }
}

impl Work for Tender {
    fn work(&self) -> u32 {
        let mut bench = self.bench.lock();
        bench.pause = self.pools.tend(&mut bench);
        bench.waited = thread::waited_ns();
        bench.pause
    }
}

impl Pools {
    /// Does a slice of the work; how long to sleep after it, in milliseconds.
    fn tend(&self, bench: &mut Bench) -> u32 {
        let pause = bench.pause;
        bench.watch.see(clock::now(), pause);
        bench.pressed.see(clock::now(), pause);
        self.tell_reclaimable(self.state.lock().store.as_deref());
        self.obey_cap();
        if bench.round.is_none() {
            bench.round = self.next_round(bench);
        }
        if bench.others_wait() && self.totals().dedup_pending_pages == 0 {
            return YIELD_MS;
        }
        let Some((ages, walk)) = bench.round.take() else {
            return REST_MS;
        };
        if self.prepare(bench).is_err() {
            return REST_MS;
        }
        let (worked, waited) = (thread::worked_ns(), thread::waited_ns());
        let left = self.walk(bench, ages, walk);
        bench.round = left.map(|walk| (ages, walk));
        if bench.round.is_none() {
            bench.workspace = None;
            if ages {
                self.accounts().end_round();
            }
        }
        if thread::waited_ns() > waited {
            return YIELD_MS;
        }
        let worked = thread::worked_ns().saturating_sub(worked);
        pause_ms(worked, self.policy().recompress_cpu_percent())
    }

    /// What a round that begins now is for, if it is time for one.
    fn next_round(&self, bench: &mut Bench) -> Option<(bool, Walk)> {
        let seconds = self.policy().recompress_idle_seconds();
        let ages = seconds != 0 && bench.watch.is_over(seconds.div_ceil(OLD.into()));
        let presses = self.accounts().has_marked() && bench.pressed.is_over(PRESSED_SECONDS);
        let works = ages || presses || self.totals().dedup_pending_pages > 0;
        works.then_some((ages, Walk::START))
    }

    /// A workspace, and what gets of densely encoded pages need.
    fn prepare(&self, bench: &mut Bench) -> Result {
        if bench.workspace.is_none() {
            let mut workspace = Workspace::new()?;
            workspace.adopt(&mut Algorithm::Zstd.extra()?);
            bench.workspace = Some(workspace);
        }
        self.make_ready(Algorithm::Zstd)
    }

    /// Looks at pages for a while; where to go on, unless that was the last one.
    fn walk(&self, bench: &mut Bench, ages: bool, mut walk: Walk) -> Option<Walk> {
        let workspace = bench.workspace.as_mut()?;
        let page = bench.buffer.as_page();
        let begin = thread::worked_ns();
        loop {
            for _ in 0..BATCH {
                let state = self.state.lock();
                let (pool, position) = walk.next(&state, |_| true)?;
                if pool.tend(&position.handle(), ages, &page, workspace) {
                    break;
                }
            }
            if thread::worked_ns().saturating_sub(begin) >= SLICE_NS {
                return Some(walk);
            }
        }
    }
}

impl Pool {
    /// Looks at a page, and does what there is to do about it; whether there was something.
    fn tend(
        &self,
        handle: &Handle,
        ages: bool,
        page: &Page<'_>,
        workspace: &mut Workspace,
    ) -> bool {
        let round = Round {
            ages,
            old: OLD,
            dense: Algorithm::Zstd,
            fast: self.limit.algorithm(self.store.policy()),
        };
        let look = |content: &_| self.store.look(content, &round, page);
        let Some(task) = self.index.with(handle, look).flatten() else {
            return false;
        };
        let (begin, waited) = (clock::now(), thread::waited_ns());
        match task.job {
            Job::Encode(algorithm) => {
                if let Some(object) = self.store.encode_again(algorithm, page, workspace) {
                    self.encoded(handle, &task, object, algorithm, &round);
                }
            }
            Job::Split => self.split(handle, &task, page),
        }
        let waited = thread::waited_ns().saturating_sub(waited);
        let worked = clock::now().saturating_sub(begin).saturating_sub(waited);
        self.store
            .accounts()
            .tally(task.owner, Count::WorkNs, worked as i64);
        self.store.finish(task);
        true
    }

    fn encoded(
        &self,
        handle: &Handle,
        task: &Task,
        object: crate::ffi::zsmalloc::Object,
        algorithm: Algorithm,
        round: &Round,
    ) {
        let exchanged = self.index.with(handle, |content| {
            task.is_about(content)
                .then(|| self.store.exchange(task, object, algorithm, round))
                .flatten()
        });
        if let Some((before, after)) = exchanged.flatten() {
            self.count(before, -1);
            self.count(after, 1);
        }
    }

    fn split(&self, handle: &Handle, task: &Task, page: &Page<'_>) {
        let class = Class {
            owner: task.owner,
            ephemeral: self.kind.is_ephemeral(),
        };
        let algorithm = self.limit.algorithm(self.store.policy());
        let Ok((content, shape)) = self.store.put_alone(page, class, algorithm) else {
            return;
        };
        let about = |old: &_| task.is_about(old);
        match self.index.exchange_if(handle, content, about) {
            Ok(old) => {
                let before = self.store.release(old);
                self.count(before, -1);
                self.count(shape, 1);
            }
            Err(content) => {
                let _ = self.store.release(content);
            }
        }
    }
}
