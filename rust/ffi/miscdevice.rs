// SPDX-License-Identifier: GPL-2.0
//! `struct miscdevice`: a character device that is driven by ioctl(2).
//!
//! The kernel crate's own names no owner: the module could be unloaded under an open file. Here the
//! module stays while a file is open; and none can be opened before the module's init has ended, for
//! an init that fails takes everything away again and asks nobody.
//!
//! Context: all callbacks run in process context without locks, and may sleep. Those of one file
//! run at the same time in several threads, but `drop` of a file's state, which comes last.

use super::bindings;
use kernel::{
    error::{from_result, to_result},
    ffi,
    prelude::*,
    types::Opaque,
};

/// What a device does.
pub trait Character: Send + Sync + 'static {
    /// The state of an open file, which dup(2) and fork(2) share; dropped when the last closes it.
    type File: Send + Sync + 'static;

    /// Somebody opens the device.
    fn open(&self) -> Result<Pin<KBox<Self::File>>>;

    /// A command, and its argument as it came. The same for 32-bit programs, whose argument is an
    /// address, too.
    fn ioctl(file: &Self::File, command: u32, argument: usize) -> Result;
}

/// A device under `/dev`. Dropping it removes it.
pub struct MiscDevice<D: Character>(Pin<KBox<Node<D>>>);

#[pin_data]
#[repr(C)]
struct Node<D> {
    #[pin]
    raw: Opaque<bindings::miscdevice>,
    #[pin]
    operations: Opaque<bindings::file_operations>,
    device: D,
}

// SAFETY: the C structures are the misc core's while registered; `D` is shared by the callbacks,
// hence the bounds.
unsafe impl<D: Send + Sync> Send for Node<D> {}
// SAFETY: as above.
unsafe impl<D: Send + Sync> Sync for Node<D> {}

impl<D: Character> MiscDevice<D> {
    /// Makes `/dev/NAME` with these permissions. May sleep. ENOMEM, EBUSY, EEXIST.
    pub fn register(
        module: &'static ThisModule,
        name: &'static CStr,
        mode: u16,
        device: D,
    ) -> Result<Self> {
        let mut operations: bindings::file_operations = pin_init::zeroed();
        operations.owner = module.as_ptr();
        operations.open = Some(open::<D>);
        operations.release = Some(release::<D>);
        operations.unlocked_ioctl = Some(ioctl::<D>);
        operations.compat_ioctl = bindings::compat_ptr_ioctl;
        operations.llseek = Some(bindings::noop_llseek);
        let mut raw: bindings::miscdevice = pin_init::zeroed();
        raw.minor = bindings::MISC_DYNAMIC_MINOR as i32;
        raw.name = name.as_char_ptr();
        raw.mode = mode;
        let node = KBox::pin_init(
            pin_init!(Node {
                raw: Opaque::new(raw),
                operations: Opaque::new(operations),
                device,
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: the node is pinned and both structures stay until the device is deregistered, in
        // drop. Nobody else knows it yet.
        to_result(unsafe {
            (*node.raw.get()).fops = node.operations.get();
            bindings::misc_register(node.raw.get())
        })?;
        Ok(Self(node))
    }
}

impl<D: Character> Drop for MiscDevice<D> {
    fn drop(&mut self) {
        // SAFETY: registered by `register`. No file is open: each holds the module, which thus ends
        // only without any; and before the end of its init `open` lets nobody in.
        unsafe { bindings::misc_deregister(self.0.raw.get()) };
    }
}

/// Whether the module's init has succeeded.
///
/// # Safety
///
/// `operations` must be those of a registered [`Node`].
unsafe fn is_live(operations: *const bindings::file_operations) -> bool {
    // SAFETY: `owner` is set by `register`, and the caller's reference keeps the module there. Its
    // state is a word that the loader writes once init has returned.
    let state = unsafe { (&raw const (*(*operations).owner).state).read_volatile() };
    state == bindings::module_state_MODULE_STATE_LIVE
}

/// # Safety
///
/// Called by the misc core, with `private_data` set to the device.
unsafe extern "C" fn open<D: Character>(
    _: *mut bindings::inode,
    file: *mut bindings::file,
) -> ffi::c_int {
    from_result(|| {
        // SAFETY: the miscdevice is the node's first field, and the misc core holds its lock
        // against deregistration.
        let node = unsafe { &*(*file).private_data.cast::<Node<D>>() };
        // SAFETY: registered, for it is opened.
        if !unsafe { is_live(node.operations.get()) } {
            return Err(ENODEV);
        }
        let state = node.device.open()?;
        // SAFETY: dropping it in place is all that `release` does with it: it stays pinned.
        let state = KBox::into_raw(unsafe { Pin::into_inner_unchecked(state) });
        // SAFETY: the file is not open yet, and its private data ours.
        unsafe { (*file).private_data = state.cast() };
        Ok(0)
    })
}

/// # Safety
///
/// Called by the kernel with a file that `open` opened, as the last of all its callbacks.
unsafe extern "C" fn release<D: Character>(
    _: *mut bindings::inode,
    file: *mut bindings::file,
) -> ffi::c_int {
    // SAFETY: `open` put a box there, and nobody uses it any more.
    drop(unsafe { KBox::from_raw((*file).private_data.cast::<D::File>()) });
    0
}

/// # Safety
///
/// Called by the kernel with a file that `open` opened.
unsafe extern "C" fn ioctl<D: Character>(
    file: *mut bindings::file,
    command: ffi::c_uint,
    argument: ffi::c_ulong,
) -> ffi::c_long {
    from_result(|| {
        // SAFETY: `open` put a box there, which stays until `release`, after all calls.
        let state = unsafe { &*(*file).private_data.cast::<D::File>() };
        D::ioctl(state, command, argument)?;
        Ok(0)
    })
}
