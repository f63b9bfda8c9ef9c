// SPDX-License-Identifier: GPL-2.0
//! Many operations in one call. All are read and checked before the first is done, from a copy that
//! the program cannot change; each then ends with a status of its own.
#![forbid(unsafe_code)]

use super::{request::Request, Buffer, File};
use crate::ffi::{
    machine,
    uapi::{self, Address},
};
use core::mem::offset_of;
use kernel::prelude::*;

/// Operations of one batch.
pub(super) const MOST: u32 = 512;

pub(super) fn run(file: &File, argument: Address) -> Result {
    let batch: uapi::Batch = argument.read()?;
    if batch.done != 0 || batch.reserved != 0 {
        return Err(EINVAL);
    }
    if batch.count > MOST {
        return Err(E2BIG);
    }
    let operations = Address::new(batch.operations)?;
    let requests = read(operations, batch.count as usize)?;
    let mut done = 0u32;
    let result = perform(file, &requests, operations, &mut done);
    argument.plus(offset_of!(uapi::Batch, done)).write(&done)?;
    result
}

fn read(operations: Address, count: usize) -> Result<KVVec<Request>> {
    let mut requests = KVVec::with_capacity(count, GFP_KERNEL)?;
    for index in 0..count {
        let operation = operations
            .plus(index * size_of::<uapi::Operation>())
            .read()?;
        requests.push(Request::of_batch(&operation)?, GFP_KERNEL)?;
    }
    Ok(requests)
}

/// Does them in order; `done` counts those that were. EFAULT when a status cannot be written.
fn perform(file: &File, requests: &[Request], operations: Address, done: &mut u32) -> Result {
    let mut buffer = Buffer::default();
    for (index, request) in requests.iter().enumerate() {
        let status = match file.perform(request, &mut buffer) {
            Ok(()) => 0,
            Err(error) => error.to_errno(),
        };
        *done += 1;
        let at = index * size_of::<uapi::Operation>() + offset_of!(uapi::Operation, status);
        operations.plus(at).write(&status)?;
        machine::cond_resched();
    }
    Ok(())
}
