// SPDX-License-Identifier: GPL-2.0
//! Pages of our own that are written together.

use super::Backing;
use crate::{
    core::{extent::SECTOR, size::PAGE_BYTES},
    ffi::{
        bindings, clock,
        page::{Page, PageBuffer},
    },
};
use core::{
    ptr::from_ref,
    sync::atomic::{
        AtomicU64, AtomicUsize, Ordering::AcqRel, Ordering::Relaxed, Ordering::Release,
    },
};
use kernel::{container_of, prelude::*};

/// Memory for so many pages, and what writing them takes: nothing is allocated then.
pub struct Batch {
    entries: KVec<Entry>,
    end: KBox<End>,
}

struct Entry {
    bio: bindings::bio,
    /// When it was over, by [`clock::now`].
    ended: AtomicU64,
    vector: bindings::bio_vec,
    buffer: KBox<PageBuffer>,
}

/// How many are on their way, and who waits for them.
struct End {
    left: AtomicUsize,
    done: core::cell::UnsafeCell<bindings::completion>,
}

// SAFETY: while requests are on their way nobody else has the batch; else it is plain memory.
unsafe impl Send for Batch {}

impl Batch {
    /// Room for `pages`. May sleep. ENOMEM.
    pub fn new(pages: usize) -> Result<Self> {
        let mut entries = KVec::with_capacity(pages, GFP_KERNEL)?;
        for _ in 0..pages {
            let entry = Entry {
                bio: pin_init::zeroed(),
                ended: AtomicU64::new(0),
                vector: pin_init::zeroed(),
                buffer: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
            };
            entries.push(entry, GFP_KERNEL)?;
        }
        let end = End {
            left: AtomicUsize::new(0),
            done: core::cell::UnsafeCell::new(pin_init::zeroed()),
        };
        Ok(Self {
            entries,
            end: KBox::new(end, GFP_KERNEL)?,
        })
    }

    /// How many pages there is room for.
    pub fn capacity(&self) -> usize {
        self.entries.len()
    }

    /// The memory of page `at`, if there is one.
    pub fn page(&mut self, at: usize) -> Option<Page<'_>> {
        Some(self.entries.get_mut(at)?.buffer.as_page())
    }

    /// Writes its first pages, each to its page of the disk if it has one, as a cgroup's of that inode number,
    /// and waits until that is done. Does without what cannot be allocated.
    pub fn write(
        &mut self,
        backing: &Backing,
        places: &[Option<u64>],
        inode: impl Fn(usize) -> u64,
    ) {
        let entries = self.entries.iter_mut().zip(places);
        let number = places.iter().flatten().count();
        if number == 0 {
            return;
        }
        self.end.left.store(number, Release);
        let mut plug = pin_init::zeroed();
        // SAFETY: nobody waits for it yet; the plug stays until it is finished.
        unsafe {
            bindings::init_completion(self.end.done.get());
            bindings::blk_start_plug(&mut plug);
        }
        for (at, (entry, place)) in entries.enumerate() {
            let Some(place) = *place else { continue };
            // SAFETY: the entry and `end` stay where they are until all is done, which is waited for
            // below; the disk is open as long as `backing`.
            unsafe { entry.submit(backing, place, inode(at), &self.end) };
        }
        // SAFETY: started above; completed by the last request.
        unsafe {
            bindings::blk_finish_plug(&mut plug);
            bindings::wait_for_completion_io(self.end.done.get());
        }
        for (entry, _) in self
            .entries
            .iter_mut()
            .zip(places)
            .filter(|(_, place)| place.is_some())
        {
            // SAFETY: initialized when it was submitted, and over.
            unsafe { bindings::bio_uninit(&raw mut entry.bio) };
        }
    }

    /// When page `at`, which had its place in the last write, was there or had failed, in nanoseconds of
    /// [`clock::now`].
    pub fn ended(&self, at: usize) -> Option<u64> {
        Some(self.entries.get(at)?.ended.load(Relaxed))
    }

    /// Whether page `at`, which had its place in the last write, was written.
    pub fn succeeded(&self, at: usize) -> bool {
        let status = self.entries.get(at).map(|entry| entry.bio.bi_status);
        status == Some(0)
    }
}

impl Entry {
    /// # Safety
    ///
    /// The entry must not be touched, nor must `end` go, until the request is over.
    unsafe fn submit(&mut self, backing: &Backing, place: u64, inode: u64, end: &End) {
        let operation = bindings::req_op_REQ_OP_WRITE | bindings::TMEM_REQ_BACKGROUND;
        let bio = &raw mut self.bio;
        // SAFETY: as the caller promises; the buffer is one page of the direct map.
        unsafe {
            bindings::bio_init(bio, backing.bdev(), &raw mut self.vector, 1, operation);
            bindings::tmem_bio_charge(bio, inode);
            (*bio).bi_iter.bi_sector = place.saturating_mul(PAGE_BYTES / SECTOR);
            (*bio).bi_end_io = Some(written);
            (*bio).bi_private = from_ref(end).cast_mut().cast();
            let memory = self.buffer.as_page().as_ptr();
            bindings::bio_add_virt_nofail(bio, memory, PAGE_BYTES as u32);
            bindings::submit_bio(bio);
        }
    }
}

/// # Safety
///
/// Called by the block layer, in any context, with a bio of an [`Entry`].
unsafe extern "C" fn written(bio: *mut bindings::bio) {
    // SAFETY: the bio is in an entry, of which nothing but the time is touched; both stay, as `end` does, until the
    // last one has told it.
    unsafe {
        let entry = container_of!(bio, Entry, bio);
        (*entry).ended.store(clock::now(), Relaxed);
        let end = &*(*bio).bi_private.cast::<End>();
        let done = end.done.get();
        if end.left.fetch_sub(1, AcqRel) == 1 {
            bindings::complete(done);
        }
    }
}
