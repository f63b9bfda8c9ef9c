// SPDX-License-Identifier: GPL-2.0
//! The pools of /dev/tmem as the target of the model.

use super::operation::{kind, Answer, Operation, PoolNumber, ALL_POOLS, SHARED_AGAIN};
use super::{page, Target};
use crate::outcome::Outcome;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use tmem_client::{Batch, Page, Pool, Tmem, PAGE};

pub struct Device {
    first: Tmem,
    second: Tmem,
    seed: u64,
    numbers: [AtomicU32; ALL_POOLS.len()],
}

impl Device {
    pub fn new(seed: u64) -> Outcome<Self> {
        let device = Self {
            first: Tmem::open()?,
            second: Tmem::open()?,
            seed,
            numbers: Default::default(),
        };
        ALL_POOLS.iter().try_for_each(|pool| device.make(*pool))?;
        Ok(device)
    }

    fn file(&self, pool: PoolNumber) -> &Tmem {
        if pool == SHARED_AGAIN {
            &self.second
        } else {
            &self.first
        }
    }

    fn pool(&self, pool: PoolNumber) -> Pool<'_> {
        let number = self.numbers[usize::from(pool)].load(Ordering::Relaxed);
        self.file(pool).pool(number)
    }

    fn make(&self, pool: PoolNumber) -> io::Result<()> {
        let made = self.file(pool).create(kind(pool, self.seed))?;
        self.numbers[usize::from(pool)].store(made.number(), Ordering::Relaxed);
        Ok(())
    }

    fn recreate(&self, pool: PoolNumber) -> io::Result<Answer> {
        let old = self.pool(pool);
        old.destroy()?;
        let gone = old.flush_object([0; 3]);
        if gone.as_ref().err().and_then(io::Error::raw_os_error) != Some(libc::ENXIO) {
            return Ok(Answer::Wrong(format!("a destroyed pool says {gone:?}")));
        }
        self.make(pool)?;
        Ok(Answer::Done)
    }

    fn single(&self, operation: &Operation, page: &mut Page) -> io::Result<()> {
        match *operation {
            Operation::Put(key, _) => self.pool(key.pool).put(key.handle(), page),
            Operation::Get(key) => match self.pool(key.pool).get(key.handle(), page) {
                Ok(true) => Ok(()),
                Ok(false) => Err(io::Error::from_raw_os_error(libc::ENOENT)),
                Err(error) => Err(error),
            },
            Operation::FlushPage(key) => self.pool(key.pool).flush_page(key.handle()),
            Operation::FlushObject(key) => self.pool(key.pool).flush_object(key.handle().object),
            Operation::Recreate(_) => Err(io::Error::from_raw_os_error(libc::EINVAL)),
        }
    }

    /// A batch is of one file: those of the second are done one by one.
    fn batch(
        &self,
        operations: &[Operation],
        pages: &mut [Page],
    ) -> io::Result<Vec<io::Result<()>>> {
        let mut batch = Batch::new(&self.first);
        for (operation, page) in operations.iter().zip(pages) {
            match *operation {
                Operation::Put(key, _) => batch.put(self.pool(key.pool), key.handle(), page),
                Operation::Get(key) => batch.get(self.pool(key.pool), key.handle(), page),
                Operation::FlushPage(key) => batch.flush_page(self.pool(key.pool), key.handle()),
                Operation::FlushObject(key) => {
                    batch.flush_object(self.pool(key.pool), key.handle().object)
                }
                Operation::Recreate(_) => {}
            }
        }
        batch.run()
    }
}

impl Target for Device {
    fn perform(&self, operations: &[Operation]) -> Outcome<Vec<Answer>> {
        if let [Operation::Recreate(pool)] = operations {
            return Ok(vec![self.recreate(*pool)?]);
        }
        let mut pages: Vec<Page> = operations.iter().map(page_before).collect();
        let of_first = |operation: &Operation| pool_of(operation) != SHARED_AGAIN;
        let results = if operations.len() > 1 && operations.iter().all(of_first) {
            self.batch(operations, &mut pages)?
        } else {
            let each = operations.iter().zip(&mut pages);
            each.map(|(operation, page)| self.single(operation, page))
                .collect()
        };
        let each = operations.iter().zip(results).zip(&pages);
        Ok(each
            .map(|((operation, result), page)| answer(operation, result, page))
            .collect())
    }
}

fn pool_of(operation: &Operation) -> PoolNumber {
    match *operation {
        Operation::Put(key, _)
        | Operation::Get(key)
        | Operation::FlushPage(key)
        | Operation::FlushObject(key) => key.pool,
        Operation::Recreate(pool) => pool,
    }
}

/// What is put, or what must be overwritten.
fn page_before(operation: &Operation) -> Page {
    let mut page = [0x5a; PAGE];
    if let Operation::Put(_, id) = operation {
        page::make(*id, &mut page);
    }
    page
}

fn answer(operation: &Operation, result: io::Result<()>, page: &Page) -> Answer {
    let Err(error) = result else {
        return match operation {
            Operation::Get(_) => page::identify(page).map_or_else(Answer::Wrong, Answer::Hit),
            _ => Answer::Done,
        };
    };
    match (operation, error.raw_os_error()) {
        (Operation::Put(..), Some(libc::ENOMEM | libc::EDQUOT)) => Answer::Refused,
        (Operation::Get(_), Some(libc::ENOENT)) if page.iter().all(|byte| *byte == 0x5a) => {
            Answer::Miss
        }
        (Operation::Get(_), Some(libc::ENOENT)) => {
            Answer::Wrong("a get that missed wrote to the page".into())
        }
        _ => Answer::Wrong(error.to_string()),
    }
}
