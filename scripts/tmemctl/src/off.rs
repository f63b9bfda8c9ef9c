// SPDX-License-Identifier: GPL-2.0
//! `tmemctl off`: undoes what the journal says.

use crate::cli::OffOptions;
use crate::disk::FIRST;
use crate::error::Error;
use crate::host::Host;
use crate::journal::Journal;
use crate::lock::{require_root, Lock};
use crate::{room, swaps};

pub fn off(host: &Host, options: &OffOptions) -> Result<(), Error> {
    require_root(host)?;
    let _lock = Lock::take(host)?;
    if let Some(mut journal) = Journal::open(host)? {
        if !options.force {
            room::require(host)?;
        }
        journal.undo_to(0)?;
        return still_on(host);
    }
    still_on(host)?;
    host.say("tmem is not on: nothing to do");
    Ok(())
}

/// A disk that somebody else swapped on is theirs to swap off.
fn still_on(host: &Host) -> Result<(), Error> {
    let device = FIRST.device();
    match swaps::on(host, &device) {
        None => Ok(()),
        Some(_) => Err(Error::new(format!(
            "{device} is still on: it was not `tmemctl on` that swapped it on"
        ))
        .remedy(format!("if you want it off: swapoff {device}"))),
    }
}
