// SPDX-License-Identifier: GPL-2.0
//! What /sys/kernel/tmem/cgroups says of each cgroup, and those that are missing there because they cannot reach tmem.

use super::hints::Hints;
use super::names::Names;
use super::DIRECTORY;
use crate::host::Host;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;

/// The files of a cgroup that hold a number.
const NUMBERS: [&str; 19] = [
    "weight",
    "reserve_bytes",
    "limit_effective_bytes",
    "pages",
    "ephemeral_pages",
    "persistent_pages",
    "logical_bytes",
    "compressed_bytes",
    "resident_bytes",
    "local_pages",
    "local_resident_bytes",
    "dedup_saved_bytes",
    "puts",
    "puts_refused",
    "gets",
    "gets_missed",
    "evictions",
    "written_back_bytes",
    "recompress_usec",
];

#[derive(Debug, Serialize)]
pub struct Row {
    /// The inode number of the cgroup's directory.
    pub id: u64,
    /// Of the container or the unit; else the path.
    pub name: String,
    pub path: String,
    /// Why it holds nothing.
    pub hint: Option<String>,
    /// As it was set: `max`, bytes, or `N%`.
    pub limit_bytes: Option<String>,
    /// What compressing and keeping equal pages once spare it.
    pub saved_bytes: u64,
    /// As the kernel names them; a limit that is none, and all of a cgroup that tmem does not know, are missing.
    #[serde(flatten)]
    pub values: BTreeMap<&'static str, u64>,
}

impl Row {
    pub fn value(&self, name: &str) -> u64 {
        self.values.get(name).copied().unwrap_or(0)
    }
}

/// In no order.
pub fn read(host: &Host, names: &Names) -> Vec<Row> {
    let hints = Hints::read(host);
    let mut rows: Vec<_> = host
        .names(DIRECTORY)
        .iter()
        .filter_map(|id| known(host, id.parse().ok()?, names, &hints))
        .collect();
    let paths: HashSet<_> = rows.iter().map(|row| row.path.clone()).collect();
    let missing = hints.barred().into_iter();
    let missing = missing.filter(|path| !paths.contains(path));
    rows.extend(missing.map(|path| unknown(host, path, names, &hints)));
    rows
}

/// [`None`] when it is gone before its path is read.
fn known(host: &Host, id: u64, names: &Names, hints: &Hints) -> Option<Row> {
    let file = |name: &str| format!("{DIRECTORY}/{id}/{name}");
    let path = host.text(&file("path"))?;
    let number = |&name: &&'static str| Some((name, host.number(&file(name))?));
    let values: BTreeMap<_, _> = NUMBERS.iter().filter_map(number).collect();
    let value = |name| values.get(name).copied().unwrap_or(0);
    Some(Row {
        id,
        name: names.of(&path),
        hint: hints.of(&path).filter(|_| value("pages") == 0),
        limit_bytes: host.text(&file("limit_bytes")),
        saved_bytes: value("logical_bytes").saturating_sub(value("compressed_bytes")),
        path,
        values,
    })
}

/// It never had a page here.
fn unknown(host: &Host, path: String, names: &Names, hints: &Hints) -> Row {
    let directory = fs::metadata(host.path(&hints.directory(&path)));
    Row {
        id: directory.map_or(0, |directory| directory.ino()),
        name: names.of(&path),
        hint: hints.of(&path),
        limit_bytes: None,
        saved_bytes: 0,
        path,
        values: BTreeMap::new(),
    }
}
