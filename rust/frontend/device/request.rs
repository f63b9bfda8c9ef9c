// SPDX-License-Identifier: GPL-2.0
//! One operation that a program asks for, as far as it can be checked without doing it.
#![forbid(unsafe_code)]

use crate::{ffi::uapi, pool::Handle};
use kernel::prelude::*;

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Put,
    Get,
    FlushPage,
    FlushObject,
}

/// And to what.
pub(super) struct Request {
    pub(super) action: Action,
    pub(super) pool: u32,
    pub(super) handle: Handle,
    /// The address in the program, valid or not.
    pub(super) page: u64,
}

impl Request {
    /// EINVAL when a field that must be zero is not.
    pub(super) fn new(action: Action, target: &uapi::Page) -> Result<Self> {
        let copies = matches!(action, Action::Put | Action::Get);
        let unused = [
            u64::from(target.reserved),
            if copies { 0 } else { target.page },
            if action == Action::FlushObject {
                target.index
            } else {
                0
            },
        ];
        if unused != [0; 3] {
            return Err(EINVAL);
        }
        Ok(Self {
            action,
            pool: target.pool,
            handle: Handle {
                object: target.object,
                index: target.index,
            },
            page: target.page,
        })
    }

    /// One of a batch. EINVAL as above, and for an operation that there is not.
    pub(super) fn of_batch(operation: &uapi::Operation) -> Result<Self> {
        let action = match operation.operation {
            uapi::OP_PUT => Action::Put,
            uapi::OP_GET => Action::Get,
            uapi::OP_FLUSH_PAGE => Action::FlushPage,
            uapi::OP_FLUSH_OBJECT => Action::FlushObject,
            _ => return Err(EINVAL),
        };
        Self::new(action, &operation.target)
    }
}
