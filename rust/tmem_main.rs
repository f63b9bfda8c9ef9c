// SPDX-License-Identifier: GPL-2.0
//! tmem: transcendent memory for stock kernels. The root of tmem.ko.
//!
//! From the ground up: `ffi` (the kernel's C interfaces) and `core` (logic that knows no kernel),
//! `account` (who pays, by number), `store` (where a page's bytes live), `pool` (whose page it is), `frontend` (how pages come in),
//! `sysfs` (what an administrator sees). A room uses only those before it.

// `pub` says what a room offers to those above it; nothing leaves the crate.
#![allow(unreachable_pub)]

mod account;
mod cgroup;
#[path = "core/lib.rs"]
mod core;
mod ffi;
mod frontend;
mod pool;
mod store;
mod sysfs;

use account::Accounts;
use cgroup::{Cgroups, Clerk};
use ffi::thread::Priority;
use frontend::{
    device::{Device, Users},
    disk::SwapVolume,
    kernel_api::KernelApi,
    recorder::Recorder,
    Registry,
};
use kernel::{prelude::*, sync::Arc};
use pool::{Pools, Tender};
use store::Policy;

module! {
    type: Tmem,
    name: "tmem",
    authors: ["The tmem developers"],
    description: "Transcendent memory: pools of compressed pages, and a swap disk in RAM",
    license: "GPL",
}

export_api!(KernelApi);

/// What the loaded module holds. Dropped from the first field to the last: first nobody can ask for
/// more, then the disks go, then what shows them.
struct Tmem {
    _device: ffi::miscdevice::MiscDevice<Device>,
    _api: ffi::exports::Published<KernelApi>,
    _tender: ffi::thread::Thread<Tender>,
    _clerk: ffi::thread::Thread<Clerk>,
    _shrinker: ffi::shrinker::Shrinker<Pools>,
    _control: ffi::class::Class<Arc<Registry>>,
    _debug: sysfs::debug::Debug,
    _registry: Arc<Registry>,
    _shown: sysfs::pools::Shown,
    _cgroups: sysfs::cgroups::Shown,
    _directory: ffi::kobject::Directory<sysfs::module::State>,
}

impl kernel::Module for Tmem {
    fn init(module: &'static ThisModule) -> Result<Self> {
        let ram = ffi::machine::ram_bytes();
        let size = disksize(ram)?;
        let policy = Arc::new(Policy::new(ram / 2), GFP_KERNEL)?;
        let accounts = Accounts::new()?;
        let pools = Pools::new(policy.clone(), accounts.clone())?;
        let tender = Tender::new(pools.clone())?;
        // What fails from here on takes back what was made, in the order that the fields of Tmem
        // explain.
        let users = Users::new()?;
        let directory = sysfs::module::create(sysfs::module::State {
            pools: pools.clone(),
            users: users.clone(),
        })?;
        let shown = sysfs::pools::Shown::create(&directory, pools.clone())?;
        let cgroups = Cgroups::new(accounts)?;
        let shown_cgroups = sysfs::cgroups::Shown::create(&directory, cgroups.clone())?;
        let clerk = Clerk {
            cgroups,
            pools: pools.clone(),
        };
        let clerk = Arc::new(clerk, GFP_KERNEL)?;
        let recorder = Recorder::new()?;
        let disks = sysfs::disk::attributes();
        let registry = Registry::new(module, pools.clone(), recorder.clone(), disks)?;
        let debug = sysfs::debug::Debug::create(registry.clone(), policy, recorder, pools.clone())?;
        let control = sysfs::control::create(registry.clone())?;
        for _ in 0..ffi::params::disks() {
            let number = registry.add()?;
            if size != 0 {
                registry.with_device(number, |device| SwapVolume::publish(device, size))??;
            }
        }
        let api = ffi::exports::Published::new(KernelApi(pools.clone()))?;
        let device = Device::register(module, pools.clone(), users)?;
        Ok(Self {
            _device: device,
            _api: api,
            _shrinker: ffi::shrinker::Shrinker::register(c"tmem", pools.clone())?,
            _tender: ffi::thread::Thread::start(c"tmem", Priority::Idle, tender)?,
            _clerk: ffi::thread::Thread::start(c"tmem_cgroups", Priority::Normal, clerk)?,
            _control: control,
            _debug: debug,
            _registry: registry,
            _shown: shown,
            _cgroups: shown_cgroups,
            _directory: directory,
        })
    }
}

/// The size of the disks made at load.
fn disksize(ram: u64) -> Result<u64> {
    let Some(text) = ffi::params::disksize() else {
        return Ok(ram);
    };
    core::size::parse(text).ok_or_else(|| {
        pr_err!("disksize={text} is no size: give bytes, or a number with K, M, G or T\n");
        EINVAL
    })
}
