// SPDX-License-Identifier: GPL-2.0
//! Requests that go on to the disk below, at the same place: the request itself, not a copy of it.
//!
//! For one request at most one part is split off and one piece of memory taken, of reserves that
//! requests on their way fill again: so they go on whatever memory there is. Until it is over, a
//! request on its way counts as one in the disk's own queue, so that the contents stay.

use super::{operations, Volume};
use crate::{
    core::{
        extent::{Extent, SECTOR},
        size::PAGE_BYTES,
    },
    ffi::{bdev::Backing, bindings, bio::Operation, noio},
};
use core::ptr::{null_mut, NonNull};
use kernel::{error::from_err_ptr, prelude::*};

/// Sectors of a page.
const PAGE_SECTORS: u32 = (PAGE_BYTES / SECTOR) as u32;

/// What is to be known when a request on its way is over.
struct Hook {
    /// As the submitter set them.
    end_io: bindings::bio_end_io_t,
    private: *mut core::ffi::c_void,
    bdev: *mut bindings::block_device,
    operation: Operation,
    extent: Extent,
    /// For the disk's statistics.
    sectors: u32,
    start: usize,
}

/// What a disk below has to be opened with.
pub(in crate::ffi) const HOOK_BYTES: usize = size_of::<Hook>();

/// A request on its way to the disk below. Dropping it sends it. May sleep.
///
/// # Invariants
///
/// A bio that was made ready by [`Onward::send`], is in no list, and was not yet sent.
pub struct Request(NonNull<bindings::bio>);

// SAFETY: any task may send it.
unsafe impl Send for Request {}

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: by the invariant.
        unsafe { bindings::submit_bio_noacct(self.0.as_ptr()) };
    }
}

/// Requests that wait, to be sent in this order. Dropping it sends them.
///
/// # Invariants
///
/// A list, linked by `bi_next`, of bios that are each a [`Request`]'s.
pub struct Requests {
    first: *mut bindings::bio,
    last: *mut bindings::bio,
}

// SAFETY: as for `Request`.
unsafe impl Send for Requests {}

impl Requests {
    /// None.
    pub const NONE: Self = Self {
        first: null_mut(),
        last: null_mut(),
    };

    /// One more, the last. Any context.
    pub fn push(&mut self, request: Request) {
        let bio = core::mem::ManuallyDrop::new(request).0.as_ptr();
        match NonNull::new(self.last) {
            // SAFETY: by the invariant, the last of the list.
            Some(last) => unsafe { (*last.as_ptr()).bi_next = bio },
            None => self.first = bio,
        }
        self.last = bio;
    }

    fn pop(&mut self) -> Option<Request> {
        let bio = NonNull::new(self.first)?;
        // SAFETY: by the invariant, the first of the list; its link is null once it is in none.
        self.first = unsafe { core::mem::replace(&mut (*bio.as_ptr()).bi_next, null_mut()) };
        if self.first.is_null() {
            self.last = null_mut();
        }
        // INVARIANT: in no list any more.
        Some(Request(bio))
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}

/// What the disk below is to do of a request.
pub(super) struct Onward<'a, V> {
    pub(super) volume: &'a V,
    pub(super) below: &'a Backing,
    pub(super) operation: Operation,
    /// The request's pages, and some of them: what comes before these is done.
    pub(super) whole: Extent,
    pub(super) part: Extent,
    /// When it began, for the disk's statistics.
    pub(super) start: usize,
}

impl<V: Volume> Onward<'_, V> {
    /// Hands its part of a request on; what comes after that comes back to the disk as a request of
    /// its own. May sleep, for no request of the caller's own.
    ///
    /// # Safety
    ///
    /// `raw` must be the request that this is about, which the disk of `volume` has in its
    /// `submit_bio`. The caller must not use it any more.
    pub(super) unsafe fn send(self, raw: *mut bindings::bio) {
        // SAFETY: as the caller promises: it is ours, and lives, as does the disk below.
        unsafe {
            let Ok(bio) = self.cut(raw) else {
                bindings::bio_end_io_acct_remapped(raw, self.start, (*raw).bi_bdev);
                (*raw).bi_status = bindings::TMEM_BLK_STS_IOERR;
                return bindings::bio_endio(raw);
            };
            let hook = self.below.hooks().take().cast::<Hook>();
            hook.write(Hook {
                end_io: (*bio).bi_end_io,
                private: (*bio).bi_private,
                bdev: (*bio).bi_bdev,
                operation: self.operation,
                extent: self.part,
                sectors: self.part.end().saturating_sub(self.whole.first) as u32 * PAGE_SECTORS,
                start: self.start,
            });
            bindings::tmem_queue_get((*(*bio).bi_bdev).bd_queue);
            (*bio).bi_end_io = Some(over::<V>);
            (*bio).bi_private = hook.cast();
            bindings::tmem_bio_set_dev(bio, self.below.bdev());
            // INVARIANT: ready now.
            let request = Request(NonNull::new_unchecked(bio));
            self.volume.hand_on(self.operation, self.part, request);
        }
    }

    /// The part, without what comes before it, which is done, and after it, which comes back. Fails
    /// for what cannot be split: no read.
    ///
    /// # Safety
    ///
    /// As for [`Onward::send`].
    unsafe fn cut(&self, raw: *mut bindings::bio) -> Result<*mut bindings::bio> {
        let done = self.part.first.saturating_sub(self.whole.first);
        // SAFETY: as the caller promises; no more is cut off than it has.
        unsafe {
            if done > 0 {
                bindings::__bio_advance(raw, done as u32 * PAGE_BYTES as u32);
            }
            if self.part.end() >= self.whole.end() {
                return Ok(raw);
            }
            let sectors = self.part.pages as u32 * PAGE_SECTORS;
            let split = noio::scope(|| {
                let (flags, set) = (bindings::GFP_KERNEL, self.below.splits());
                from_err_ptr(bindings::bio_split(raw, sectors as i32, flags, set))
            })?;
            bindings::bio_chain(split, raw);
            bindings::submit_bio_noacct(raw);
            Ok(split)
        }
    }
}

/// # Safety
///
/// Called by the block layer, in any context, with a bio of [`Onward::send`] for a disk of `Device<V>`.
unsafe extern "C" fn over<V: Volume>(bio: *mut bindings::bio) {
    // SAFETY: its hook is where `send` left it, and not used after this. The disk and what it
    // contains stay until its queue is told, which is the last.
    unsafe {
        let raw = (*bio).bi_private;
        let hook = raw.cast::<Hook>().read();
        (*bio).bi_end_io = hook.end_io;
        (*bio).bi_private = hook.private;
        (*bio).bi_bdev = hook.bdev;
        let queue = (*hook.bdev).bd_queue;
        let operation = operation_number(hook.operation);
        bindings::bdev_end_io_acct(hook.bdev, operation, hook.sectors, hook.start);
        let device = operations::device::<V>((*hook.bdev).bd_disk);
        if let Some((volume, below)) = device.volume().and_then(|it| Some((it, it.below()?))) {
            below.hooks().give(raw);
            volume.over(hook.operation, hook.extent, (*bio).bi_status == 0);
        }
        bindings::bio_endio(bio);
        bindings::tmem_queue_put(queue);
    }
}

fn operation_number(operation: Operation) -> bindings::req_op {
    match operation {
        Operation::Read => bindings::req_op_REQ_OP_READ,
        Operation::Write => bindings::req_op_REQ_OP_WRITE,
        Operation::Discard => bindings::req_op_REQ_OP_DISCARD,
    }
}
