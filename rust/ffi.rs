// SPDX-License-Identifier: GPL-2.0
//! The kernel's C interfaces, one file per concept, each with a face that no safe caller can use
//! wrongly.
//!
//! This room is the only one with raw pointers and `unsafe`. It knows nothing of tmem: what a
//! callback does is said by a trait that the rooms above implement.

pub mod attribute;
pub mod bdev;
pub mod bio;
pub mod caller;
pub mod cgroup;
mod checksum;
pub mod class;
pub mod clock;
pub mod errno;
pub mod exports;
pub mod gendisk;
pub mod kobject;
pub mod machine;
pub mod miscdevice;
pub mod noio;
pub mod page;
pub mod params;
pub mod percpu;
pub mod random;
pub mod shrinker;
pub mod thread;
pub mod uapi;
pub mod zsmalloc;
pub mod zstd;

/// `kernel::bindings`, and what bindgen adds to it (Kbuild).
#[allow(
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unsafe_op_in_unsafe_fn
)]
mod bindings {
    use kernel::bindings::gfp_t;
    #[allow(unused_imports)]
    pub(super) use kernel::{bindings::*, ffi};

    include!(env!("TMEM_BINDINGS"));
}
