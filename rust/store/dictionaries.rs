// SPDX-License-Identifier: GPL-2.0
//! Dictionaries that pages of an account are encoded with: its own, so that nobody's sizes tell what others hold.
//!
//! They come and go by the hand of one thread, the tender (rust/pool/tend.rs). Lock: a place's spinlock, innermost; no dictionary is
//! freed under it.
#![forbid(unsafe_code)]

use crate::{account::Owner, ffi::zstd::Dictionary};
use core::{
    mem::take,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use kernel::{
    prelude::*,
    sync::{new_spinlock, Arc, SpinLock},
};

/// An account's place is by its number. Another account that has the same place has no dictionary meanwhile: so there are never
/// more of them.
const PLACES: usize = 64;

/// What an account has learnt.
#[derive(Default)]
struct Place {
    /// Whose place it is; [`None`]: nobody's.
    whose: Option<(Owner, u64)>,
    /// [`None`] if one was made, and saved too little.
    dictionary: Option<Arc<Dictionary>>,
    /// Contents that need it: it stays as long as there are any.
    contents: u64,
}

/// All of them.
pub(super) struct Dictionaries {
    places: KVec<Pin<KBox<SpinLock<Place>>>>,
    /// How many have a dictionary.
    number: AtomicU64,
}

impl Dictionaries {
    /// None. May sleep. ENOMEM.
    pub(super) fn new() -> Result<Self> {
        let mut places = KVec::with_capacity(PLACES, GFP_KERNEL)?;
        for _ in 0..PLACES {
            let place = new_spinlock!(Place::default(), "tmem_dictionary");
            places.push(KBox::pin_init(place, GFP_KERNEL)?, GFP_KERNEL)?;
        }
        Ok(Self {
            places,
            number: AtomicU64::new(0),
        })
    }

    /// The one that contents of an account were encoded with, as long as there is one of them.
    pub(super) fn of(&self, owner: Owner) -> Option<Arc<Dictionary>> {
        self.place(owner).lock().dictionary.clone()
    }

    /// The one to encode a page of an account with; `inode` is its cgroup's.
    pub(super) fn to_encode(&self, owner: Owner, inode: u64) -> Option<Arc<Dictionary>> {
        let place = self.place(owner).lock();
        let is_its_own = place.whose == Some((owner, inode));
        place.dictionary.clone().filter(|_| is_its_own)
    }

    /// Whether nobody has this account's place.
    pub(super) fn is_free(&self, owner: Owner) -> bool {
        self.place(owner).lock().whose.is_none()
    }

    /// Takes note of what an account has learnt, whose place is free.
    pub(super) fn learnt(&self, owner: Owner, inode: u64, dictionary: Option<Arc<Dictionary>>) {
        self.number
            .fetch_add(u64::from(dictionary.is_some()), Relaxed);
        let mut place = self.place(owner).lock();
        place.whose = Some((owner, inode));
        place.dictionary = dictionary;
    }

    /// A content of the account needs its dictionary from now on, or, with -1, one does no more. Does not sleep.
    #[inline(never)]
    pub(super) fn count(&self, owner: Owner, more: i64) {
        let mut place = self.place(owner).lock();
        place.contents = place.contents.saturating_add_signed(more);
    }

    /// Gives up those that no content needs, and what is known of accounts that `live` no more; how many bytes they took. May sleep.
    pub(super) fn sweep(&self, live: impl Fn(Owner, u64) -> bool) -> usize {
        let swept = |place: &Pin<KBox<SpinLock<Place>>>| {
            let mut place = place.lock();
            let is_over = place.dictionary.is_some()
                || place
                    .whose
                    .is_some_and(|(owner, inode)| !live(owner, inode));
            let is_swept = is_over && place.contents == 0;
            let gone = is_swept.then(|| take(&mut *place));
            drop(place);
            let dictionary = gone?.dictionary?;
            self.number.fetch_sub(1, Relaxed);
            Some(dictionary.bytes())
        };
        self.places.iter().filter_map(swept).sum()
    }

    /// How many there are.
    pub(super) fn number(&self) -> u64 {
        self.number.load(Relaxed)
    }

    fn place(&self, owner: Owner) -> &SpinLock<Place> {
        &self.places[usize::from(owner.0) % PLACES]
    }
}
