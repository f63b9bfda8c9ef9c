// SPDX-License-Identifier: GPL-2.0
//! `struct gendisk`: a bio-based disk of 4 KiB blocks, whose contents can be put in and taken out.
//!
//! A disk without contents has capacity 0. Contents ([`Volume`]) are put in while it is there and
//! taken out only while nobody has it open and no request is in its queue; so requests and
//! swap-slot callbacks use them without a lock.
//!
//! What the contents cannot do themselves they have done by a disk below (below.rs).
//!
//! Lock order: the disk's `open_mutex`, then `control`, then the queue's freeze. Requests take none
//! of them. All are taken in process context and sleep.

mod attribute;
mod below;
mod operations;

pub use attribute::DiskAttribute;
pub(super) use below::HOOK_BYTES;
pub use below::{Request, Requests};

use super::{
    attribute::List,
    bdev::Backing,
    bindings,
    bio::{Bio, Operation},
};
use crate::core::extent::Extent;
use core::{
    ptr::{null_mut, NonNull},
    sync::atomic::{AtomicPtr, Ordering::SeqCst},
};
use kernel::{
    error::{from_err_ptr, to_result},
    prelude::*,
    str::CString,
    sync::{
        atomic::{ordering::Relaxed, Atomic},
        new_mutex, Arc, Mutex,
    },
};

/// What a disk contains.
pub trait Volume: Send + Sync + Sized + 'static {
    /// What the disk keeps when its contents go.
    type Settings: Send + Sync + 'static;

    /// Fills a request's pages. Process context; may sleep, but waits for no request of its own making
    /// (`current->bio_list`).
    fn read(&self, bio: &Bio) -> Result<Outcome>;

    /// Stores a request's pages. Context as for `read`.
    fn write(&self, bio: &Bio) -> Result<Outcome>;

    /// Nobody needs the pages any more. Context as for `read`.
    fn discard(&self, bio: &Bio) -> Result;

    /// The disk below, always the same one.
    fn below(&self) -> Option<&Backing>;

    /// A read or write of `extent` is to go to the disk below: now, or from another task. Context as
    /// for `read`.
    fn hand_on(&self, operation: Operation, extent: Extent, request: Request);

    /// The disk below has done that, or failed. Any context, interrupts included.
    fn over(&self, operation: Operation, extent: Extent, succeeded: bool);

    /// The swap core no longer needs page `index`. A spinlock is held and interrupts may be off: no
    /// sleeping, no allocation.
    fn slot_freed(&self, index: u64);
}

/// How far a request was done.
pub enum Outcome {
    /// All of it.
    Done,
    /// To the first of these pages, some of its own, which the disk below has to do. What comes after
    /// them is to be asked for once more.
    Below(Extent),
}

/// A block major number of our own.
pub struct Major {
    number: u32,
    name: &'static CStr,
}

impl Major {
    /// Registers a free number under `name`. May sleep. EBUSY, ENOMEM.
    pub fn register(name: &'static CStr) -> Result<Self> {
        // SAFETY: the name is static, and there is no probe function.
        let number = unsafe { bindings::__register_blkdev(0, name.as_char_ptr(), None) };
        to_result(number.min(0))?;
        Ok(Self {
            number: number.unsigned_abs(),
            name,
        })
    }
}

impl Drop for Major {
    fn drop(&mut self) {
        // SAFETY: registered by `register`.
        unsafe { bindings::unregister_blkdev(self.number, self.name.as_char_ptr()) };
    }
}

/// A disk as its callbacks and attributes see it.
///
/// # Invariants
///
/// - `disk` is a gendisk of ours whose `private_data` points to this device and whose `fops` to
///   `operations`.
/// - `volume` is null or a `KBox<V>` of which this is the owner. It turns from null only under
///   `control`, and to null only under `control`, with `claimed` set (so that nobody has the disk
///   open or can open it), and with the queue frozen.
#[pin_data(PinnedDrop)]
pub struct Device<V: Volume> {
    disk: Atomic<*mut bindings::gendisk>,
    operations: bindings::block_device_operations,
    /// By the language's atomics: the kernel crate's are a call.
    volume: AtomicPtr<V>,
    claimed: Atomic<bool>,
    #[pin]
    control: Mutex<()>,
    settings: V::Settings,
    major: Arc<Major>,
}

// SAFETY: the pointers are to structures with locks of their own, used as the invariants say.
unsafe impl<V: Volume> Send for Device<V> {}
// SAFETY: as above.
unsafe impl<V: Volume> Sync for Device<V> {}

/// A disk that the system knows. Dropping it removes it.
pub struct Disk<V: Volume>(Option<Pin<KBox<Device<V>>>>);

impl<V: Volume> Disk<V> {
    /// Adds disk `minor` of `major`, without contents. May sleep. ENOMEM, EEXIST.
    pub fn add(
        module: &'static ThisModule,
        major: Arc<Major>,
        minor: u32,
        settings: V::Settings,
        attributes: List,
    ) -> Result<Self> {
        let name = CString::try_from_fmt(fmt!("{}{}", major.name.to_str()?, minor))?;
        let device = KBox::pin_init(
            pin_init!(Device::<V> {
                disk: Atomic::new(null_mut()),
                operations: operations::table::<V>(module),
                volume: AtomicPtr::new(null_mut()),
                claimed: Atomic::new(false),
                control <- new_mutex!((), "tmem_disk_control"),
                settings,
                major,
            }),
            GFP_KERNEL,
        )?;
        device.allocate(&name, minor)?;
        let disk = device.disk();
        // SAFETY: allocated above, and not yet added; the device stays pinned in its box until the
        // disk is gone.
        let added = unsafe { bindings::device_add_disk(null_mut(), disk, attributes.as_ptr()) };
        if let Err(error) = to_result(added) {
            // SAFETY: allocated above, and not added.
            unsafe { bindings::put_disk(disk) };
            return Err(error);
        }
        Ok(Self(Some(device)))
    }

    /// The disk's device.
    pub fn device(&self) -> Option<&Device<V>> {
        self.0.as_deref()
    }

    /// Removes the disk and its contents; EBUSY, and the disk back, while it is open. May sleep.
    pub fn remove(mut self) -> Result<(), (Self, Error)> {
        let claimed = self.0.as_ref().map_or(Ok(()), |device| device.claim());
        if let Err(error) = claimed {
            return Err((self, error));
        }
        if let Some(device) = self.0.take() {
            delete(device);
        }
        Ok(())
    }
}

impl<V: Volume> Drop for Disk<V> {
    fn drop(&mut self) {
        let Some(device) = self.0.take() else { return };
        if device.claim().is_ok() {
            delete(device);
        } else {
            // Open, so that the module stays too. Its callbacks need the device.
            pr_err!("a disk is in use: leaked\n");
            let _ = KBox::leak(
                // SAFETY: a leaked box is never moved.
                unsafe { Pin::into_inner_unchecked(device) },
            );
        }
    }
}

/// Takes a claimed disk out of the system.
fn delete<V: Volume>(device: Pin<KBox<Device<V>>>) {
    let disk = device.disk();
    drop(device.take());
    // SAFETY: added by `add`, and deleted here alone. From here on no callback begins: nobody has
    // it open.
    unsafe { bindings::del_gendisk(disk) };
    // SAFETY: our reference, and our last use. An attribute may have put contents in until now:
    // they go with the device.
    unsafe { bindings::put_disk(disk) };
}

impl<V: Volume> Device<V> {
    /// What the disk keeps when its contents go.
    pub fn settings(&self) -> &V::Settings {
        &self.settings
    }

    /// Calls `look` with the contents, which stay for as long. May sleep.
    pub fn with_volume<R>(&self, look: impl FnOnce(Option<&V>) -> R) -> R {
        let _control = self.control.lock();
        look(self.volume())
    }

    /// Puts contents of `sectors` in. EBUSY when there are some: these are then dropped. May sleep.
    pub fn publish(&self, volume: KBox<V>, sectors: u64) -> Result {
        let _control = self.control.lock();
        if self.volume().is_some() {
            return Err(EBUSY);
        }
        // INVARIANT: from null, under `control`.
        self.volume.swap(KBox::into_raw(volume), SeqCst);
        // SAFETY: the disk lives as long as its device.
        unsafe { bindings::set_capacity_and_notify(self.disk(), sectors) };
        Ok(())
    }

    /// Takes the contents out. EBUSY while the disk is open, or this is under way already. May
    /// sleep.
    pub fn withdraw(&self) -> Result<Option<KBox<V>>> {
        self.claim()?;
        // SAFETY: the disk and its part 0 live as long as the device.
        unsafe { bindings::sync_blockdev((*self.disk()).part0) };
        let volume = self.take();
        self.with_open_mutex(|_| self.claimed.store(false, Relaxed));
        Ok(volume)
    }

    fn disk(&self) -> *mut bindings::gendisk {
        self.disk.load(Relaxed)
    }

    /// The contents. Callers hold `control`, or are requests or swap-slot callbacks.
    fn volume(&self) -> Option<&V> {
        let volume = NonNull::new(self.volume.load(SeqCst))?;
        // SAFETY: by the invariant it goes only under `control`, while the queue is frozen, which
        // waits for requests, and while the disk is not open, as it is from `swapon` to `swapoff`.
        Some(unsafe { volume.as_ref() })
    }

    /// Takes the contents of a claimed disk out.
    fn take(&self) -> Option<KBox<V>> {
        let _control = self.control.lock();
        let disk = self.disk();
        // SAFETY: the disk and its queue live as long as the device; unfrozen by the task that
        // froze it.
        let volume = unsafe {
            bindings::set_capacity_and_notify(disk, 0);
            bindings::blk_mq_freeze_queue_nomemsave((*disk).queue);
            // INVARIANT: to null, under `control`, claimed, and frozen.
            let volume = self.volume.swap(null_mut(), SeqCst);
            bindings::blk_mq_unfreeze_queue_nomemrestore((*disk).queue);
            volume
        };
        let volume = NonNull::new(volume)?;
        // SAFETY: came from `KBox::into_raw` in `publish`, and we are its owner now.
        Some(unsafe { KBox::from_raw(volume.as_ptr()) })
    }

    /// Keeps everybody from opening the disk; EBUSY when somebody has, or it is claimed.
    fn claim(&self) -> Result {
        self.with_open_mutex(|disk| {
            // SAFETY: part 0 lives as long as its disk.
            let openers = unsafe { (*(*disk).part0).bd_openers.counter };
            if openers != 0 || self.claimed.load(Relaxed) {
                return Err(EBUSY);
            }
            self.claimed.store(true, Relaxed);
            Ok(())
        })
    }

    fn with_open_mutex<R>(&self, work: impl FnOnce(*mut bindings::gendisk) -> R) -> R {
        let disk = self.disk();
        // SAFETY: the disk lives as long as its device; unlocked by the task that locked it.
        unsafe { bindings::mutex_lock(&raw mut (*disk).open_mutex) };
        let result = work(disk);
        // SAFETY: locked above.
        unsafe { bindings::mutex_unlock(&raw mut (*disk).open_mutex) };
        result
    }

    /// Makes the gendisk.
    fn allocate(&self, name: &CStr, minor: u32) -> Result {
        let mut limits = operations::limits();
        // SAFETY: the limits are valid, and the class is static.
        let disk = from_err_ptr(unsafe {
            bindings::__blk_alloc_disk(
                &mut limits,
                bindings::NUMA_NO_NODE,
                kernel::static_lock_class!().as_ptr(),
            )
        })?;
        // SAFETY: nobody else knows of the disk yet.
        let raw = unsafe { &mut *disk };
        raw.major = self.major.number as i32;
        raw.first_minor = minor as i32;
        raw.minors = 1;
        raw.flags |= bindings::GENHD_FL_NO_PART as i32;
        raw.fops = &self.operations;
        raw.private_data = core::ptr::from_ref(self).cast_mut().cast();
        // The name stays NUL-terminated: its last byte is never written.
        let room = raw.disk_name.len() - 1;
        for (to, from) in raw.disk_name[..room].iter_mut().zip(name.to_bytes()) {
            *to = *from;
        }
        self.disk.store(disk, Relaxed);
        Ok(())
    }
}

#[pinned_drop]
impl<V: Volume> PinnedDrop for Device<V> {
    fn drop(self: Pin<&mut Self>) {
        if let Some(volume) = NonNull::new(self.volume.swap(null_mut(), SeqCst)) {
            // SAFETY: came from `KBox::into_raw` in `publish`; the disk is gone, so that nobody
            // uses it.
            drop(unsafe { KBox::from_raw(volume.as_ptr()) });
        }
    }
}
