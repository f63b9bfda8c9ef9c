// SPDX-License-Identifier: GPL-2.0
//! Pages that are just being written to the disk below in the background, and requests that wait for
//! that: two writes to one place must not be on their way at once, as nobody says which is the last.
//!
//! Locks: one spinlock, innermost.
#![forbid(unsafe_code)]

use crate::{
    core::extent::Extent,
    ffi::gendisk::{Request, Requests},
};
use core::mem::replace;
use kernel::{
    prelude::*,
    sync::{new_spinlock, SpinLock},
};

/// Most pages that are written together.
pub(super) const BATCH: usize = 32;

/// The pages, and who waits.
#[pin_data]
pub(super) struct Flight {
    #[pin]
    state: SpinLock<State>,
}

struct State {
    places: [u64; BATCH],
    used: usize,
    waiting: Requests,
}

impl Flight {
    /// None.
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            state <- new_spinlock!(State {
                places: [0; BATCH],
                used: 0,
                waiting: Requests::NONE,
            }, "tmem_flight"),
        })
    }

    /// From now on, writes of these pages wait. Whatever was written to them before is now seen.
    pub(super) fn begin(&self, places: &[Option<u64>]) {
        let mut state = self.state.lock();
        let State {
            places: ours, used, ..
        } = &mut *state;
        for (to, from) in ours.iter_mut().zip(places.iter().flatten()) {
            *to = *from;
            *used = used.saturating_add(1);
        }
    }

    /// Those that waited may go on. Not from within a request: they are sent here.
    pub(super) fn end(&self) {
        let mut state = self.state.lock();
        state.used = 0;
        let waiting = replace(&mut state.waiting, Requests::NONE);
        drop(state);
        drop(waiting);
    }

    /// Sends a write of `extent`, now or when it no longer has to wait. Does not wait.
    pub(super) fn send(&self, extent: Extent, request: Request) {
        let mut state = self.state.lock();
        let used = state.used.min(BATCH);
        let pages = extent.first..extent.end();
        if state.places[..used]
            .iter()
            .any(|place| pages.contains(place))
        {
            return state.waiting.push(request);
        }
        drop(state);
        drop(request);
    }
}
