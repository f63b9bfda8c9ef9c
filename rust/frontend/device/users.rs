// SPDX-License-Identifier: GPL-2.0
//! What each user may keep in persistent pools, over all files that the user opened.
//!
//! These pages are in no program's memory: the OOM killer cannot see whose they are, nor get them
//! back. So nobody may have any but who could as well take the memory otherwise: who has
//! CAP_SYS_ADMIN in the first user namespace when opening the device is bound by no cap, all others
//! by the same one, 0 until an administrator raises it. A file's user is the effective one of the
//! task that opened it, whoever uses the descriptor later.
//!
//! Lock: `accounts` (mutex), innermost.
#![forbid(unsafe_code)]

use crate::{core::size::PAGE_BYTES, pool::Quota};
use kernel::{
    prelude::*,
    sync::{new_mutex, Arc, Mutex},
    task::Kuid,
};

/// All users that have the device open, or pages of a file that is just being closed.
#[pin_data]
pub struct Users {
    #[pin]
    accounts: Mutex<Accounts>,
}

struct Accounts {
    most_bytes: u64,
    known: KVec<Entry>,
}

struct Entry {
    user: Kuid,
    files: u32,
    pages: Arc<Quota>,
}

/// An open file of a user's.
pub(super) struct Account {
    users: Arc<Users>,
    user: Kuid,
    pages: Arc<Quota>,
}

impl Users {
    /// None, and none may keep anything. May sleep. ENOMEM.
    pub fn new() -> Result<Arc<Self>> {
        let accounts = Accounts {
            most_bytes: 0,
            known: KVec::new(),
        };
        Arc::pin_init(
            pin_init!(Self {
                accounts <- new_mutex!(accounts, "tmem_users"),
            }),
            GFP_KERNEL,
        )
    }

    /// The most bytes that each may keep.
    pub fn most_bytes(&self) -> u64 {
        self.accounts.lock().most_bytes
    }

    /// Sets it. What is kept beyond it stays.
    pub fn set_most_bytes(&self, bytes: u64) {
        let mut accounts = self.accounts.lock();
        accounts.most_bytes = bytes;
        for entry in accounts.known.iter() {
            entry.pages.set_most(bytes / PAGE_BYTES);
        }
    }

    /// A user opens a file. May sleep. ENOMEM.
    pub(super) fn enter(this: &Arc<Self>, user: Kuid) -> Result<Account> {
        let pages = this.accounts.lock().enter(user)?;
        Ok(Account {
            users: this.clone(),
            user,
            pages,
        })
    }
}

impl Accounts {
    fn enter(&mut self, user: Kuid) -> Result<Arc<Quota>> {
        self.known
            .retain(|entry| entry.files > 0 || entry.pages.used() > 0);
        if let Some(entry) = self.known.iter_mut().find(|entry| entry.user == user) {
            entry.files += 1;
            return Ok(entry.pages.clone());
        }
        let pages = Arc::new(Quota::new(self.most_bytes / PAGE_BYTES), GFP_KERNEL)?;
        let entry = Entry {
            user,
            files: 1,
            pages: pages.clone(),
        };
        self.known.push(entry, GFP_KERNEL)?;
        Ok(pages)
    }

    fn leave(&mut self, user: Kuid) {
        if let Some(entry) = self.known.iter_mut().find(|entry| entry.user == user) {
            entry.files = entry.files.saturating_sub(1);
        }
    }
}

impl Account {
    /// What the user's persistent pages are taken from.
    pub(super) fn pages(&self) -> Arc<Quota> {
        self.pages.clone()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.users.accounts.lock().leave(self.user);
    }
}
