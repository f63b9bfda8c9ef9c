// SPDX-License-Identifier: GPL-2.0
//! Many operations in one call.

use crate::raw::{self, command, operation};
use crate::{Handle, Page, Pool, Tmem};
use std::io;
use std::marker::PhantomData;

/// Operations that are done in order by one call, on pools of one file. Each ends as it would alone.
pub struct Batch<'a> {
    tmem: &'a Tmem,
    operations: Vec<raw::Operation>,
    /// The pages that are read and written by [`Batch::run`].
    pages: PhantomData<&'a mut Page>,
}

impl<'a> Batch<'a> {
    /// Without any yet.
    pub fn new(tmem: &'a Tmem) -> Self {
        Self {
            tmem,
            operations: Vec::new(),
            pages: PhantomData,
        }
    }

    pub fn put(&mut self, pool: Pool<'_>, handle: Handle, page: &'a Page) {
        self.add(operation::PUT, pool.target(handle, page.as_ptr() as u64));
    }

    pub fn get(&mut self, pool: Pool<'_>, handle: Handle, page: &'a mut Page) {
        self.add(
            operation::GET,
            pool.target(handle, page.as_mut_ptr() as u64),
        );
    }

    pub fn flush_page(&mut self, pool: Pool<'_>, handle: Handle) {
        self.add(operation::FLUSH_PAGE, pool.target(handle, 0));
    }

    pub fn flush_object(&mut self, pool: Pool<'_>, object: [u64; 3]) {
        let target = pool.target(Handle { object, index: 0 }, 0);
        self.add(operation::FLUSH_OBJECT, target);
    }

    fn add(&mut self, operation: u32, target: raw::Page) {
        self.operations.push(raw::Operation {
            operation,
            status: 0,
            target,
        });
    }

    /// Does them; how each ended. An error of the whole: none was done.
    pub fn run(mut self) -> io::Result<Vec<io::Result<()>>> {
        let mut batch = raw::Batch {
            count: self.operations.len() as u32,
            operations: self.operations.as_mut_ptr() as u64,
            ..raw::Batch::default()
        };
        self.tmem.call(command::BATCH, &mut batch)?;
        let statuses = self.operations.iter().map(|operation| operation.status);
        Ok(statuses
            .map(|status| match status {
                0 => Ok(()),
                error => Err(io::Error::from_raw_os_error(-error)),
            })
            .collect())
    }
}
