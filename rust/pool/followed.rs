// SPDX-License-Identifier: GPL-2.0
//! Which pages of pools are asked for, and when: of a sample of them, so that those can leave that are worth least. All ephemeral
//! pools have one in common.
//!
//! Locks: `lifetimes`, a spinlock, innermost. Who puts or gets a page of the sample only tries it: a page more or less does not
//! matter.
#![forbid(unsafe_code)]

use super::{Handle, Pool};
use crate::{
    core::policy::lifetimes::{self, Lifetimes, Worths},
    store::Counter,
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        new_spinlock, SpinLock,
    },
};

type Kept = Lifetimes<KVVec<u32>>;

/// The sample.
pub(super) struct Followed {
    lifetimes: Pin<KBox<SpinLock<Kept>>>,
    now: Atomic<u32>,
    outside: Atomic<u64>,
    /// Pages that there is room for.
    room: Atomic<u64>,
}

impl Followed {
    /// Bytes that it takes.
    pub(super) const BYTES: u64 = (lifetimes::WORDS * size_of::<u32>()) as u64;

    /// May sleep. ENOMEM.
    pub(super) fn new() -> Result<Self> {
        let words = KVVec::from_elem(0, lifetimes::WORDS, GFP_KERNEL)?;
        let lifetimes = new_spinlock!(Lifetimes::new(words), "tmem_lifetimes");
        Ok(Self {
            lifetimes: KBox::pin_init(lifetimes, GFP_KERNEL)?,
            now: Atomic::new(0),
            outside: Atomic::new(0),
            room: Atomic::new(0),
        })
    }

    /// There is room for so many pages, as it seems.
    pub(super) fn set_room(&self, pages: u64) {
        self.room.store(pages, Relaxed);
    }

    /// The time, as it is kept with a page that comes or is asked for.
    #[inline]
    fn now(&self) -> u16 {
        self.now.load(Relaxed) as u16
    }

    /// A page comes.
    #[inline]
    fn came(&self, pool: u32, handle: &Handle) {
        self.tell(pool, handle, |lifetimes, name| {
            lifetimes.came(name, self.room.load(Relaxed));
        });
    }

    /// A page is asked for, whether it is still there or not.
    #[inline]
    fn asked(&self, pool: u32, handle: &Handle) {
        self.tell(pool, handle, Lifetimes::asked);
    }

    /// A page is not needed any more.
    #[inline]
    fn ended(&self, pool: u32, handle: &Handle) {
        self.tell(pool, handle, Lifetimes::ended);
    }

    /// How many pages have come since one came, or was asked for, then.
    pub(super) fn since(&self, came: u16) -> u64 {
        let rarity = self.outside.load(Relaxed).trailing_ones();
        lifetimes::since(self.now.load(Relaxed), came, rarity)
    }

    /// What pages are worth now.
    pub(super) fn worths(&self) -> Worths {
        self.lifetimes.lock().worths()
    }

    #[inline]
    fn tell(&self, pool: u32, handle: &Handle, what: impl FnOnce(&mut Kept, u64)) {
        let [a, b, c] = handle.object;
        let pool = u64::from(pool).rotate_left(50);
        let object = a.rotate_left(20) ^ b.rotate_left(40) ^ c.rotate_left(60);
        let number = handle.index ^ object ^ pool;
        let name = lifetimes::name(number);
        if name & self.outside.load(Relaxed) == 0 {
            self.tell_sampled(|lifetimes| what(lifetimes, name));
        }
    }

    #[inline(never)]
    fn tell_sampled(&self, what: impl FnOnce(&mut Kept)) {
        let Some(mut lifetimes) = self.lifetimes.try_lock() else {
            return;
        };
        what(&mut lifetimes);
        // Others read both all the time, and they seldom change.
        let (now, outside) = (lifetimes.now().into(), lifetimes.outside());
        if self.now.load(Relaxed) != now {
            self.now.store(now, Relaxed);
        }
        if self.outside.load(Relaxed) != outside {
            self.outside.store(outside, Relaxed);
        }
    }
}

impl Pool {
    /// Whether so large a part of all pages there are now were put since a page came, or was last asked for; none were where none
    /// leave.
    pub(super) fn is_old(&self, part: u64) -> impl Fn(u16) -> bool + Copy + '_ {
        let old = self.counters.sum(Counter::Pages) / part;
        let followed = self.followed.as_ref();
        move |came| followed.is_some_and(|followed| followed.since(came) >= old)
    }

    /// The time, as it is kept with pages; it stands still where none leave.
    pub(super) fn now(&self) -> u16 {
        self.followed.as_ref().map_or(0, |followed| followed.now())
    }

    /// A page comes; the time.
    #[inline]
    pub(super) fn comes(&self, handle: &Handle) -> u16 {
        self.followed.as_ref().map_or(0, |followed| {
            followed.came(self.id, handle);
            followed.now()
        })
    }

    /// A page is asked for; the time.
    #[inline]
    pub(super) fn is_asked(&self, handle: &Handle) -> u16 {
        self.followed.as_ref().map_or(0, |followed| {
            followed.asked(self.id, handle);
            followed.now()
        })
    }

    /// A page is not needed any more.
    pub(super) fn ends(&self, handle: &Handle) {
        if let Some(followed) = &self.followed {
            followed.ended(self.id, handle);
        }
    }
}
