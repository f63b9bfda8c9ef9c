// SPDX-License-Identifier: GPL-2.0
//! The functions behind `rust/c/exports.c`, which other modules call (rust/c/include/tmem.h).
//!
//! What they do is said by an [`Api`] that the module's init publishes. A module that calls them
//! depends on this one: it is linked after that init has succeeded, and gone before the API is.

use super::{bindings, page::Page};
use core::{
    ffi::c_int,
    ptr::{null_mut, NonNull},
    sync::atomic::{AtomicPtr, Ordering},
};
use kernel::{error::from_result, prelude::*};

pub use super::bindings::tmem_handle as Handle;

/// What is exported.
pub trait Api: Send + Sync + Sized + 'static {
    /// A pool as its creator holds it.
    type Pool: Send + Sync + 'static;

    /// Makes a pool of a kind of uapi/tmem.h. May sleep.
    fn create(&self, kind: u32, uuid: Option<[u8; 16]>) -> Result<KBox<Self::Pool>>;

    /// Keeps a page of cgroup `inode`. May sleep, without I/O.
    fn put(pool: &Self::Pool, handle: &Handle, page: &Page<'_>, inode: u64) -> Result;

    /// Writes a page. Does not sleep.
    fn get(pool: &Self::Pool, handle: &Handle, page: &Page<'_>) -> Result;

    /// Forgets a page. Any context but an interrupt.
    fn flush_page(pool: &Self::Pool, handle: &Handle);

    /// Forgets an object. May sleep.
    fn flush_object(pool: &Self::Pool, object: &[u64; 3]);
}

/// An API whose functions `export_api!` has made.
pub trait Exported: Api {
    /// Where the published one is found.
    fn slot() -> &'static Slot<Self>;
}

/// The place of the published API, in a `static`.
pub struct Slot<A>(AtomicPtr<A>);

impl<A> Slot<A> {
    /// Without one.
    pub const fn new() -> Self {
        Self(AtomicPtr::new(null_mut()))
    }
}

/// The API, published as long as this lives.
pub struct Published<A: Exported> {
    _api: KBox<A>,
}

impl<A: Exported> Published<A> {
    /// Lets other modules call. May sleep. ENOMEM, EBUSY.
    pub fn new(api: A) -> Result<Self> {
        let api = KBox::new(api, GFP_KERNEL)?;
        let pointer = (&raw const *api).cast_mut();
        A::slot()
            .0
            .compare_exchange(null_mut(), pointer, Ordering::Release, Ordering::Relaxed)
            .map_err(|_| EBUSY)?;
        Ok(Self { _api: api })
    }
}

impl<A: Exported> Drop for Published<A> {
    fn drop(&mut self) {
        A::slot().0.store(null_mut(), Ordering::Relaxed);
    }
}

/// # Safety
///
/// `uuid` must be null or point to 16 bytes. Called by another module, which depends on this one.
pub unsafe fn pool_create<A: Exported>(kind: u32, uuid: *const u8) -> *mut bindings::tmem_pool {
    let create = || {
        let api = NonNull::new(A::slot().0.load(Ordering::Acquire)).ok_or(ENODEV)?;
        // SAFETY: as the caller promises; the API stays as long as a module depends on this one.
        let (api, uuid) = unsafe { (api.as_ref(), uuid.cast::<[u8; 16]>().as_ref().copied()) };
        api.create(kind, uuid)
    };
    match create() {
        Ok(pool) => KBox::into_raw(pool).cast(),
        Err(error) => error.to_ptr(),
    }
}

/// # Safety
///
/// `pool` must come from [`pool_create`], and not be used any more.
pub unsafe fn pool_destroy<A: Exported>(pool: *mut bindings::tmem_pool) {
    // SAFETY: as the caller promises.
    drop(unsafe { KBox::from_raw(pool.cast::<A::Pool>()) });
}

/// # Safety
///
/// As [`pool_get`]; and `page` may be written meanwhile.
pub unsafe fn pool_put<A: Exported>(
    pool: *const bindings::tmem_pool,
    handle: *const Handle,
    page: *mut bindings::page,
    inode: u64,
) -> c_int {
    from_result(|| {
        // SAFETY: as the caller promises.
        let (pool, handle, memory) = unsafe { (pool_of::<A>(pool), &*handle, memory(page)) };
        A::put(pool, handle, &memory, inode)?;
        Ok(0)
    })
}

/// # Safety
///
/// `pool` must come from [`pool_create`], and not be destroyed until this returns. `handle` must be
/// one, and `page` a page in use by the caller.
pub unsafe fn pool_get<A: Exported>(
    pool: *const bindings::tmem_pool,
    handle: *const Handle,
    page: *mut bindings::page,
) -> c_int {
    from_result(|| {
        // SAFETY: as the caller promises.
        let (pool, handle, memory) = unsafe { (pool_of::<A>(pool), &*handle, memory(page)) };
        A::get(pool, handle, &memory)?;
        Ok(0)
    })
}

/// # Safety
///
/// As [`pool_get`], less the page.
pub unsafe fn pool_flush_page<A: Exported>(
    pool: *const bindings::tmem_pool,
    handle: *const Handle,
) {
    // SAFETY: as the caller promises.
    let (pool, handle) = unsafe { (pool_of::<A>(pool), &*handle) };
    A::flush_page(pool, handle);
}

/// # Safety
///
/// As [`pool_get`], and `object` must point to three numbers.
pub unsafe fn pool_flush_object<A: Exported>(pool: *const bindings::tmem_pool, object: *const u64) {
    // SAFETY: as the caller promises.
    let (pool, object) = unsafe { (pool_of::<A>(pool), &*object.cast::<[u64; 3]>()) };
    A::flush_object(pool, object);
}

/// # Safety
///
/// As [`pool_get`].
unsafe fn pool_of<'a, A: Api>(pool: *const bindings::tmem_pool) -> &'a A::Pool {
    // SAFETY: as the caller promises, this is a box that `pool_create` made.
    unsafe { &*pool.cast::<A::Pool>() }
}

/// # Safety
///
/// `page` must be in use by the caller for `'a`.
unsafe fn memory<'a>(page: *mut bindings::page) -> Page<'a> {
    // SAFETY: every page is in the direct map of a 64-bit machine, at an address that is not null,
    // and the caller keeps it.
    unsafe {
        Page::new(NonNull::new_unchecked(
            bindings::tmem_page_address(page).cast(),
        ))
    }
}

/// Defines the functions that `rust/c/exports.c` calls, for an API of type `$api`. In the crate root.
#[macro_export]
macro_rules! export_api {
    ($api:ty) => {
        mod exported {
            use super::*;
            use $crate::ffi::exports::{self, c, Exported, Slot};

            impl Exported for $api {
                fn slot() -> &'static Slot<Self> {
                    static SLOT: Slot<$api> = Slot::new();
                    &SLOT
                }
            }

            $crate::export_api!(@thunks $api,
                tmem_rust_pool_create = pool_create(kind: u32, uuid: *const u8) -> *mut c::Pool,
                tmem_rust_pool_destroy = pool_destroy(pool: *mut c::Pool) -> (),
                tmem_rust_put_page = pool_put(pool: *mut c::Pool, handle: *const c::Handle, page: *mut c::Page, inode: u64) -> i32,
                tmem_rust_get_page = pool_get(pool: *mut c::Pool, handle: *const c::Handle, page: *mut c::Page) -> i32,
                tmem_rust_flush_page = pool_flush_page(pool: *mut c::Pool, handle: *const c::Handle) -> (),
                tmem_rust_flush_object = pool_flush_object(pool: *mut c::Pool, object: *const u64) -> (),
            );
        }
    };
    (@thunks $api:ty, $($name:ident = $work:ident($($argument:ident: $type:ty),*) -> $result:ty,)*) => {
        $(
            /// # Safety
            ///
            /// Called by rust/c/exports.c for another module, as rust/c/include/tmem.h says.
            #[no_mangle]
            unsafe extern "C" fn $name($($argument: $type),*) -> $result {
                // SAFETY: as the header asks of callers.
                unsafe { exports::$work::<$api>($($argument),*) }
            }
        )*
    };
}

/// The C types of the exported functions.
pub mod c {
    pub use super::bindings::{tmem_handle as Handle, tmem_pool as Pool};
    pub use kernel::bindings::page as Page;
}
