// SPDX-License-Identifier: GPL-2.0
//! Kernel settings that a swap disk in memory wants otherwise than a slow disk does.

use crate::error::Error;
use crate::host::Host;
use crate::journal::{Journal, Step};

pub const ZSWAP: &str = "/sys/module/zswap/parameters/enabled";
pub const PAGE_CLUSTER: &str = "/proc/sys/vm/page-cluster";

struct Setting {
    path: &'static str,
    value: &'static str,
    why: &'static str,
}

const WANTED: [Setting; 2] = [
    Setting {
        path: ZSWAP,
        value: "N",
        why: "zswap off: it would compress the pages first and keep them from tmem",
    },
    Setting {
        path: PAGE_CLUSTER,
        value: "0",
        why: "no swap readahead: memory has no seek time to save",
    },
];

/// Sets what is not yet as wanted.
pub fn apply(host: &Host, journal: &mut Journal) -> Result<(), Error> {
    for Setting { path, value, why } in WANTED {
        // A kernel built without the feature has no such file, and needs none.
        let Some(before) = host.text(path).filter(|before| before != value) else {
            continue;
        };
        journal.record(Step::Setting {
            path: path.into(),
            before: before.clone(),
            after: value.into(),
        })?;
        host.set(path, value)?;
        host.say(&format!("set {path} to {value}, was {before} ({why})"));
    }
    Ok(())
}

/// Puts a value back, unless somebody has chosen another one since.
pub fn restore(host: &Host, path: &str, before: &str, after: &str) -> Result<(), Error> {
    match host.text(path) {
        Some(now) if now == after => {
            host.set(path, before)?;
            host.say(&format!("set {path} back to {before}"));
        }
        Some(now) if now != before => {
            host.say(&format!(
                "left {path} at {now}: changed since `tmemctl on` set it to {after}"
            ));
        }
        _ => {}
    }
    Ok(())
}
