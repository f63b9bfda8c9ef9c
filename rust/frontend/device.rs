// SPDX-License-Identifier: GPL-2.0
//! /dev/tmem: pools for programs (rust/c/include/uapi/tmem.h is its contract).
//!
//! A file's pools are in its table, from which a call takes a reference: calls do not wait for each
//! other, and a pool that is destroyed meanwhile ends with the last of them. Pages are copied
//! through a buffer of the call's own, so that nobody reads a page while its program changes it.
//!
//! Locks: a file's `table` (spinlock) and the users' (mutex, users.rs), neither under the other.
//! None is held while programs' memory is copied or a pool is asked. Process context; may sleep.
#![forbid(unsafe_code)]

mod batch;
mod request;
mod table;
mod users;

pub use users::Users;

use crate::{
    ffi::{
        caller,
        miscdevice::{Character, MiscDevice},
        page::PageBuffer,
        uapi::{self, command, Address},
    },
    pool::{Joined, Kind, Limit, Plan, Pools, Quota, Quotas},
};
use kernel::{
    prelude::*,
    str::CString,
    sync::{new_spinlock, Arc, SpinLock},
};
use request::{Action, Request};
use table::Table;
use users::Account;

/// Objects of all pools of one open file: what is kept for each is memory that no limit of the
/// program's covers.
const MOST_OBJECTS: u64 = 1 << 16;

/// Parts of a pool's index, so that a program's threads seldom meet.
const SHARDS: usize = 64;

const VERSION: uapi::Version = uapi::Version {
    version: uapi::VERSION,
    page_bytes: size_of::<PageBuffer>() as u32,
    most_pools: table::MOST as u32,
    most_batched: batch::MOST,
    most_objects: MOST_OBJECTS,
};

/// The device.
pub struct Device {
    pools: Arc<Pools>,
    users: Arc<Users>,
}

impl Device {
    /// Makes it, for root alone. May sleep. ENOMEM.
    pub fn register(
        module: &'static ThisModule,
        pools: Arc<Pools>,
        users: Arc<Users>,
    ) -> Result<MiscDevice<Self>> {
        MiscDevice::register(module, c"tmem", 0o600, Self { pools, users })
    }
}

/// An open file.
#[pin_data]
pub struct File {
    pools: Arc<Pools>,
    objects: Arc<Quota>,
    /// [`None`] for an administrator, whom no cap binds.
    account: Option<Account>,
    #[pin]
    table: SpinLock<Table>,
}

impl Character for Device {
    type File = File;

    fn open(&self) -> Result<Pin<KBox<File>>> {
        let account = if caller::is_administrator() {
            None
        } else {
            Some(Users::enter(&self.users, caller::user())?)
        };
        let objects = Arc::new(Quota::new(MOST_OBJECTS), GFP_KERNEL)?;
        KBox::pin_init(
            pin_init!(File {
                pools: self.pools.clone(),
                objects,
                account,
                table <- new_spinlock!(Table::new(), "tmem_file"),
            }),
            GFP_KERNEL,
        )
    }

    fn ioctl(file: &File, command: u32, argument: usize) -> Result {
        let argument = Address::new(argument as u64)?;
        match command {
            command::VERSION => argument.write(&VERSION),
            command::CREATE => file.create(argument),
            command::DESTROY => file.destroy(&argument.read()?),
            command::PUT => file.single(Action::Put, argument),
            command::GET => file.single(Action::Get, argument),
            command::FLUSH_PAGE => file.single(Action::FlushPage, argument),
            command::FLUSH_OBJECT => file.single(Action::FlushObject, argument),
            command::BATCH => batch::run(file, argument),
            _ => Err(ENOTTY),
        }
    }
}

impl File {
    fn create(&self, argument: Address) -> Result {
        let mut create: uapi::Create = argument.read()?;
        let kind = kind(&create)?;
        let plan = Plan {
            kind,
            owner: CString::try_from_fmt(fmt!("pid {}", caller::pid()))?,
            quotas: self.quotas(kind),
            limit: Arc::new(Limit::new(), GFP_KERNEL)?,
            shards: SHARDS,
            has_below: false,
        };
        let pool = Arc::new(self.pools.create(plan)?, GFP_KERNEL)?;
        let number = self.table.lock().insert(&pool).ok_or(EMFILE)?;
        create.pool = number;
        argument.write(&create).inspect_err(|_| {
            // The program does not know the number.
            let _ = self.take_out(number);
        })
    }

    /// The pages of a persistent pool are nobody's to drop, so they count for the user.
    fn quotas(&self, kind: Kind) -> Quotas {
        let account = self.account.as_ref().map(Account::pages);
        Quotas {
            pages: account.filter(|_| kind == Kind::Persistent),
            objects: Some(self.objects.clone()),
        }
    }

    fn destroy(&self, destroy: &uapi::Destroy) -> Result {
        if destroy.reserved != 0 {
            return Err(EINVAL);
        }
        // Its end may sleep: the lock is free by then.
        let pool = self.take_out(destroy.pool);
        pool.map(drop).ok_or(ENXIO)
    }

    fn take_out(&self, number: u32) -> Option<Arc<Joined>> {
        self.table.lock().remove(number)
    }

    fn pool(&self, number: u32) -> Result<Arc<Joined>> {
        self.table.lock().get(number).ok_or(ENXIO)
    }

    fn single(&self, action: Action, argument: Address) -> Result {
        let request = Request::new(action, &argument.read()?)?;
        self.perform(&request, &mut Buffer::default())
    }

    fn perform(&self, request: &Request, buffer: &mut Buffer) -> Result {
        let pool = self.pool(request.pool)?;
        let handle = &request.handle;
        match request.action {
            Action::Put => {
                let buffer = buffer.get()?;
                Address::new(request.page)?.read_page(buffer)?;
                pool.put(handle, &buffer.as_page(), caller::cgroup())
            }
            Action::Get => {
                let buffer = buffer.get()?;
                let got = pool.get(handle, &buffer.as_page());
                if got == Err(ENOENT) {
                    self.pools.accounts().missed(caller::cgroup());
                }
                got?;
                Address::new(request.page)?.write_page(buffer)
            }
            Action::FlushPage => {
                pool.flush_page(handle);
                Ok(())
            }
            Action::FlushObject => {
                pool.flush_object(&handle.object);
                Ok(())
            }
        }
    }
}

/// What a program asks for. EINVAL for what there is not.
fn kind(create: &uapi::Create) -> Result<Kind> {
    if create.reserved != 0 || create.reserved2 != 0 || create.pool != 0 {
        return Err(EINVAL);
    }
    let without_uuid = create.uuid.iter().all(|byte| *byte == 0);
    match create.kind {
        uapi::EPHEMERAL if without_uuid => Ok(Kind::Ephemeral),
        uapi::PERSISTENT if without_uuid => Ok(Kind::Persistent),
        uapi::SHARED => Ok(Kind::Shared(create.uuid)),
        _ => Err(EINVAL),
    }
}

/// A page for the calls that copy one: flushes must go on when there is no memory.
#[derive(Default)]
struct Buffer(Option<KBox<PageBuffer>>);

impl Buffer {
    fn get(&mut self) -> Result<&mut PageBuffer> {
        if self.0.is_none() {
            self.0 = Some(KBox::init(
                pin_init::init_zeroed::<PageBuffer>(),
                GFP_KERNEL,
            )?);
        }
        self.0.as_deref_mut().ok_or(ENOMEM)
    }
}
