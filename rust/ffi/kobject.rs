// SPDX-License-Identifier: GPL-2.0
//! `struct kobject`: directories under /sys/kernel with state of their own.

use super::{
    attribute::{self, Attribute, Entry, Host, List, Raw},
    bindings,
};
use core::marker::PhantomData;
use kernel::{error::to_result, prelude::*, sync::Completion, types::Opaque};

/// Root lists what is there, and opens it.
const FOR_ROOT: u16 = 0o500;

/// A directory in sysfs and the state that its attributes speak about. Dropping it removes the
/// directory; callbacks under way end first.
pub struct Directory<S: Send + Sync + 'static>(Pin<KBox<Node<S>>>);

#[pin_data]
#[repr(C)]
struct Node<S> {
    #[pin]
    kobject: Opaque<bindings::kobject>,
    #[pin]
    released: Completion,
    #[pin]
    kind: Opaque<bindings::kobj_type>,
    state: S,
}

// SAFETY: the C structures have locks of their own; the state is shared by the callbacks, hence the
// bounds.
unsafe impl<S: Send + Sync> Send for Node<S> {}
// SAFETY: as above.
unsafe impl<S: Send + Sync> Sync for Node<S> {}

impl<S: Send + Sync + 'static> Directory<S> {
    /// Makes `/sys/kernel/NAME` with the attributes in `groups`. May sleep. ENOMEM, EEXIST.
    pub fn new(name: &CStr, state: S, groups: List) -> Result<Self> {
        // SAFETY: `kernel_kobj` is set long before any module loads, and stays.
        unsafe { Self::under(bindings::kernel_kobj, name, state, groups) }
    }

    /// Makes directory NAME in `parent`, which stays until this one is dropped: its own drop waits
    /// for that. May sleep. ENOMEM, EEXIST.
    pub fn inside<P: Send + Sync + 'static>(
        parent: &Directory<P>,
        name: &CStr,
        state: S,
        groups: List,
    ) -> Result<Self> {
        // SAFETY: the parent lives for the call, and by its reference as long as the child.
        unsafe { Self::under(parent.0.kobject.get(), name, state, groups) }
    }

    /// As [`Directory::inside`], and only root may list what is in it or open that.
    pub fn for_root_inside<P: Send + Sync + 'static>(
        parent: &Directory<P>,
        name: &CStr,
        state: S,
        groups: List,
    ) -> Result<Self> {
        let directory = Self::inside(parent, name, state, groups)?;
        let mut entry: bindings::attribute = pin_init::zeroed();
        entry.name = name.as_char_ptr();
        // SAFETY: the parent lives, and has an entry of this name; the C code keeps nothing of `entry`.
        to_result(unsafe { bindings::sysfs_chmod_file(parent.0.kobject.get(), &entry, FOR_ROOT) })?;
        Ok(directory)
    }

    /// # Safety
    ///
    /// `parent` must be a live kobject for the call.
    unsafe fn under(
        parent: *mut bindings::kobject,
        name: &CStr,
        state: S,
        groups: List,
    ) -> Result<Self> {
        let mut kind: bindings::kobj_type = pin_init::zeroed();
        kind.release = Some(release::<S>);
        kind.sysfs_ops = &raw const bindings::kobj_sysfs_ops;
        kind.default_groups = groups.as_ptr();
        let node = KBox::pin_init(
            pin_init!(Node {
                kobject <- Opaque::zeroed(),
                released <- Completion::new(),
                kind: Opaque::new(kind),
                state,
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: the kobject is zeroed, pinned, and lives until `release` was called; so does its
        // type. The parent lives, as the caller promises.
        let added = to_result(unsafe {
            bindings::kobject_init_and_add(
                node.kobject.get(),
                node.kind.get(),
                parent,
                c"%s".as_char_ptr(),
                name.as_char_ptr(),
            )
        });
        // Initialized even if it could not be added: dropping it puts it in either case.
        let directory = Self(node);
        added.map(|()| directory)
    }
}

impl<S: Send + Sync + 'static> Drop for Directory<S> {
    fn drop(&mut self) {
        // SAFETY: initialized by `new`, and this is the only reference that we hold.
        unsafe { bindings::kobject_put(self.0.kobject.get()) };
        self.0.released.wait_for_completion();
    }
}

/// # Safety
///
/// Called by the kernel with the kobject of a `Node<S>` when its last reference is gone.
unsafe extern "C" fn release<S>(kobject: *mut bindings::kobject) {
    // SAFETY: the kobject is the node's first field, and the node lives until this completes.
    let node = unsafe { &*kobject.cast::<Node<S>>() };
    node.released.complete_all();
}

struct InKobject<S>(PhantomData<S>);

// SAFETY: sysfs calls back only while the directory is there, and the node outlives it.
unsafe impl<S> Host for InKobject<S> {
    type State = S;
    type Raw = bindings::kobject;

    unsafe fn state<'a>(raw: *const bindings::kobject) -> &'a S {
        // SAFETY: the kobject is the node's first field.
        unsafe { &(*raw.cast::<Node<S>>()).state }
    }
}

/// The kernel's `kobj_attribute`: from 7.3 on, each function lies there in a union with one that takes
/// a const attribute.
#[repr(C)]
struct Functions {
    attr: bindings::attribute,
    show: Option<unsafe extern "C" fn(*mut bindings::kobject, *mut Functions, *mut u8) -> isize>,
    store: Option<
        unsafe extern "C" fn(*mut bindings::kobject, *mut Functions, *const u8, usize) -> isize,
    >,
}

const _: () = assert!(size_of::<Functions>() == size_of::<bindings::kobj_attribute>());

/// An attribute of a [`Directory`] in a `static`.
#[repr(transparent)]
pub struct KobjectAttribute(Raw<Functions>);

impl KobjectAttribute {
    /// For `attribute_group!`.
    pub const fn new<S: Send + Sync + 'static, A: Attribute<S>>() -> Self {
        Self(Raw::new(Functions {
            attr: attribute::header::<S, A>(),
            show: Some(show::<S, A>),
            store: Some(store::<S, A>),
        }))
    }

    /// For `attribute_group!`.
    pub const fn entry(&'static self) -> Entry {
        // SAFETY: a kobj_attribute begins with its attribute.
        unsafe { self.0.entry() }
    }
}

/// # Safety
///
/// Called by sysfs.
unsafe extern "C" fn show<S, A: Attribute<S>>(
    kobject: *mut bindings::kobject,
    _: *mut Functions,
    buffer: *mut u8,
) -> isize {
    // SAFETY: called by sysfs with the attribute's host.
    unsafe { attribute::show::<InKobject<S>, A>(kobject, buffer) }
}

/// # Safety
///
/// Called by sysfs.
unsafe extern "C" fn store<S, A: Attribute<S>>(
    kobject: *mut bindings::kobject,
    _: *mut Functions,
    buffer: *const u8,
    count: usize,
) -> isize {
    // SAFETY: called by sysfs with the attribute's host.
    unsafe { attribute::store::<InKobject<S>, A>(kobject, buffer, count) }
}
