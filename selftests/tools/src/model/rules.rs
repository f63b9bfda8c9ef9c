// SPDX-License-Identifier: GPL-2.0
//! The contract of one page: which answers it allows, and what is held after them.

use crate::model::operation::{Answer, Operation, PoolNumber, EPHEMERAL, PERSISTENT};
use crate::model::page::Id;

/// The page held under a handle. That of an ephemeral pool may be gone without anybody having seen it.
pub type Held = Option<Id>;

/// What is held after an operation on a page of `pool` that ended so, or [`None`] if it must not.
pub fn after(pool: PoolNumber, held: Held, operation: &Operation, answer: &Answer) -> Option<Held> {
    match (operation, answer) {
        // Put, put, get never gives the older page.
        (Operation::Put(_, id), Answer::Done) => Some(Some(*id)),
        // A refused put leaves no older page.
        (Operation::Put(..), Answer::Refused) => Some(None),
        (Operation::Get(_), Answer::Hit(id)) => {
            // Nothing but what was put last; in a private ephemeral pool only once.
            let stays = pool != EPHEMERAL;
            (held == Some(*id)).then_some(held.filter(|_| stays))
        }
        // After a miss, misses until a put. A persistent page does not go by itself.
        (Operation::Get(_), Answer::Miss) => {
            let may_go = pool != PERSISTENT;
            (may_go || held.is_none()).then_some(None)
        }
        (
            Operation::FlushPage(_) | Operation::FlushObject(_) | Operation::Recreate(_),
            Answer::Done,
        ) => Some(None),
        _ => None,
    }
}
