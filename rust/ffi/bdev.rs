// SPDX-License-Identifier: GPL-2.0
//! `struct block_device`: another disk, of which this module is the only user.

mod batch;

pub use batch::Batch;

use super::{bindings, gendisk};
use crate::core::{
    extent::{Extent, SECTOR},
    size::PAGE_BYTES,
};
use core::ptr::{null_mut, NonNull};
use kernel::{error::from_err_ptr, error::to_result, prelude::*, str::CString};

/// Requests on their way that can be had at any time, whatever memory there is: one is enough.
const RESERVE: u32 = 64;

/// A disk that is open for this module alone. Dropping it closes it: may sleep.
///
/// # Invariants
///
/// - `file` is an open block device, and `bdev` the device that it is.
/// - `hooks` is a reserve of `tmem_reserve_create`, and `splits` an initialized bio set.
pub struct Backing {
    file: NonNull<bindings::file>,
    bdev: NonNull<bindings::block_device>,
    pages: u64,
    hooks: Hooks,
    splits: Splits,
}

// SAFETY: the structures behind the pointers have locks of their own.
unsafe impl Send for Backing {}
// SAFETY: as above.
unsafe impl Sync for Backing {}

impl Backing {
    /// Opens the block device at `path`. May sleep.
    ///
    /// ENOTBLK for what is no block device, EBUSY when somebody else has it for himself, EINVAL
    /// when it has no page or its blocks are larger than one, ENOMEM, and what opening a file fails
    /// with.
    pub fn open(path: &CStr) -> Result<Self> {
        let hooks = Hooks::new(gendisk::HOOK_BYTES)?;
        let splits = Splits::new()?;
        let flags = bindings::O_RDWR | bindings::O_LARGEFILE | bindings::O_EXCL;
        // SAFETY: the path ends with a NUL.
        let file = unsafe { bindings::filp_open(path.as_char_ptr(), flags as i32, 0) };
        let file = from_err_ptr(file)?;
        let file = File(NonNull::new(file).ok_or(ENOENT)?);
        // SAFETY: an open file has a mapping, and that an inode.
        let (bdev, kind) = unsafe {
            let inode = (*(*file.0.as_ptr()).f_mapping).host;
            (inode, u32::from((*inode).i_mode) & bindings::S_IFMT)
        };
        if kind != bindings::S_IFBLK {
            return Err(Error::from_errno(-(bindings::ENOTBLK as i32)));
        }
        // SAFETY: the inode of an open block device, so its device lives.
        let (bdev, sectors, block) = unsafe {
            let bdev = bindings::I_BDEV(bdev);
            (
                bdev,
                (*bdev).bd_nr_sectors,
                bindings::tmem_bdev_block_size(bdev),
            )
        };
        let pages = sectors / (PAGE_BYTES / SECTOR);
        if pages == 0 || u64::from(block) > PAGE_BYTES {
            return Err(EINVAL);
        }
        let bdev = NonNull::new(bdev).ok_or(EINVAL)?;
        // INVARIANT: as just opened and checked; dropping `self` closes the file.
        Ok(Self {
            file: file.into_inner(),
            bdev,
            pages,
            hooks,
            splits,
        })
    }

    /// Whether all pages of `extent` are on the disk.
    pub fn reaches(&self, extent: Extent) -> bool {
        extent.ends_by(self.pages)
    }

    /// Its path. May sleep. ENOMEM, ENAMETOOLONG.
    pub fn path(&self) -> Result<CString> {
        let mut buffer = KVec::from_elem(0_u8, bindings::PATH_MAX as usize, GFP_KERNEL)?;
        // SAFETY: the file is open, and the buffer as long as said.
        let path = from_err_ptr(unsafe {
            let start = buffer.as_mut_ptr();
            bindings::file_path(self.file.as_ptr(), start, bindings::PATH_MAX as i32)
        })?;
        // SAFETY: a string with a NUL at its end, inside the buffer.
        let path = unsafe { CStr::from_char_ptr(path) };
        CString::try_from(path).map_err(Error::from)
    }

    pub(super) fn bdev(&self) -> *mut bindings::block_device {
        self.bdev.as_ptr()
    }

    pub(super) fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    pub(super) fn splits(&self) -> *mut bindings::bio_set {
        self.splits.0.get()
    }
}

impl Drop for Backing {
    fn drop(&mut self) {
        drop(File(self.file));
    }
}

/// An open file. Dropping it closes it.
struct File(NonNull<bindings::file>);

impl File {
    fn into_inner(self) -> NonNull<bindings::file> {
        core::mem::ManuallyDrop::new(self).0
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: opened by `Backing::open`, and closed here once.
        unsafe { bindings::filp_close(self.0.as_ptr(), null_mut()) };
    }
}

/// Memory for what must be known of each request on its way.
///
/// # Invariants
///
/// A reserve of pieces that were made for one size.
pub(super) struct Hooks(NonNull<core::ffi::c_void>);

impl Hooks {
    fn new(size: usize) -> Result<Self> {
        // SAFETY: has no preconditions.
        let pool = unsafe { bindings::tmem_reserve_create(RESERVE as i32, size) };
        Ok(Self(NonNull::new(pool).ok_or(ENOMEM)?))
    }

    /// A piece. May sleep until somebody gives one back, never for I/O of its own making if the
    /// caller holds none that it has not sent.
    pub(super) fn take(&self) -> *mut core::ffi::c_void {
        // SAFETY: by the invariant.
        unsafe { bindings::tmem_reserve_take(self.0.as_ptr()) }
    }

    /// # Safety
    ///
    /// `piece` must be one that was taken, and be used no more.
    pub(super) unsafe fn give(&self, piece: *mut core::ffi::c_void) {
        // SAFETY: by the invariant, and as the caller promises.
        unsafe { bindings::tmem_reserve_give(self.0.as_ptr(), piece) };
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        // SAFETY: by the invariant; whoever took a piece borrows this.
        unsafe { bindings::tmem_reserve_destroy(self.0.as_ptr()) };
    }
}

/// Where parts of requests come from.
struct Splits(KBox<core::cell::UnsafeCell<bindings::bio_set>>);

impl Splits {
    fn new() -> Result<Self> {
        let set = KBox::new(core::cell::UnsafeCell::new(pin_init::zeroed()), GFP_KERNEL)?;
        // SAFETY: zeroed, and it stays in its box until `drop`.
        to_result(unsafe { bindings::bioset_init(set.get(), RESERVE, 0, 0) })?;
        Ok(Self(set))
    }
}

impl Drop for Splits {
    fn drop(&mut self) {
        // SAFETY: initialized by `new`; all bios were given back, as those who made them borrow
        // this.
        unsafe { bindings::bioset_exit(self.0.get()) };
    }
}
