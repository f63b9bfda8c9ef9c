// SPDX-License-Identifier: GPL-2.0
//! `struct class`: a directory under /sys/class with state of its own.

use super::{
    attribute::{self, Attribute, Entry, Host, List, Raw},
    bindings,
};
use core::marker::PhantomData;
use kernel::{error::to_result, prelude::*};

/// A class without devices, for its attributes. Dropping it removes the directory; callbacks under
/// way end first.
pub struct Class<S: Send + Sync + 'static>(KBox<Node<S>>);

#[repr(C)]
struct Node<S> {
    class: bindings::class,
    state: S,
}

// SAFETY: the class structure is only read, by the driver core.
unsafe impl<S: Send> Send for Node<S> {}
// SAFETY: as above.
unsafe impl<S: Sync> Sync for Node<S> {}

impl<S: Send + Sync + 'static> Class<S> {
    /// Makes `/sys/class/NAME` with the attributes in `groups`. May sleep. ENOMEM, EEXIST.
    pub fn new(name: &'static CStr, state: S, groups: List) -> Result<Self> {
        let mut class: bindings::class = pin_init::zeroed();
        class.name = name.as_char_ptr();
        class.class_groups = groups.as_ptr();
        let node = KBox::new(Node { class, state }, GFP_KERNEL)?;
        // SAFETY: the class stays in its box until it is unregistered, in drop.
        to_result(unsafe { bindings::class_register(&node.class) })?;
        Ok(Self(node))
    }
}

impl<S: Send + Sync + 'static> Drop for Class<S> {
    fn drop(&mut self) {
        // SAFETY: registered by `new`.
        unsafe { bindings::class_unregister(&self.0.class) };
    }
}

struct InClass<S>(PhantomData<S>);

// SAFETY: sysfs calls back only while the class is registered, and the node outlives that.
unsafe impl<S> Host for InClass<S> {
    type State = S;
    type Raw = bindings::class;

    unsafe fn state<'a>(raw: *const bindings::class) -> &'a S {
        // SAFETY: the class is the node's first field.
        unsafe { &(*raw.cast::<Node<S>>()).state }
    }
}

/// An attribute of a [`Class`] in a `static`.
#[repr(transparent)]
pub struct ClassAttribute(Raw<bindings::class_attribute>);

impl ClassAttribute {
    /// For `attribute_group!`.
    pub const fn new<S: Send + Sync + 'static, A: Attribute<S>>() -> Self {
        Self(Raw::new(bindings::class_attribute {
            attr: attribute::header::<S, A>(),
            show: Some(show::<S, A>),
            store: Some(store::<S, A>),
        }))
    }

    /// For `attribute_group!`.
    pub const fn entry(&'static self) -> Entry {
        // SAFETY: a class_attribute begins with its attribute.
        unsafe { self.0.entry() }
    }
}

/// # Safety
///
/// Called by sysfs.
unsafe extern "C" fn show<S, A: Attribute<S>>(
    class: *const bindings::class,
    _: *const bindings::class_attribute,
    buffer: *mut u8,
) -> isize {
    // SAFETY: called by sysfs with the attribute's host.
    unsafe { attribute::show::<InClass<S>, A>(class, buffer) }
}

/// # Safety
///
/// Called by sysfs.
unsafe extern "C" fn store<S, A: Attribute<S>>(
    class: *const bindings::class,
    _: *const bindings::class_attribute,
    buffer: *const u8,
    count: usize,
) -> isize {
    // SAFETY: called by sysfs with the attribute's host.
    unsafe { attribute::store::<InClass<S>, A>(class, buffer, count) }
}
