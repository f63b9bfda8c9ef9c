// SPDX-License-Identifier: GPL-2.0
//! The pools that there are, as /sys/kernel/tmem/pools shows them to root.

use crate::amount::human;
use crate::host::Host;
use serde::Serialize;

const DIRECTORY: &str = "/sys/kernel/tmem/pools";

#[derive(Serialize)]
pub struct Pool {
    pub id: u32,
    pub kind: String,
    /// A disk's name, `pid N` of the program that made it, or `kernel`.
    pub owner: String,
    pub objects: u64,
    pub pages: u64,
    /// Compressed; what is shared counts for each page.
    pub stored_bytes: u64,
}

/// All of them, by number; none for who may not see them.
pub fn read(host: &Host) -> Vec<Pool> {
    let names = host.names(DIRECTORY);
    let mut pools: Vec<_> = names
        .iter()
        .filter_map(|name| read_one(host, name))
        .collect();
    pools.sort_by_key(|pool| pool.id);
    pools
}

/// [`None`] when it is gone before all is read.
fn read_one(host: &Host, name: &str) -> Option<Pool> {
    let file = |file: &str| format!("{DIRECTORY}/{name}/{file}");
    Some(Pool {
        id: name.parse().ok()?,
        kind: host.text(&file("kind"))?,
        owner: host.text(&file("owner"))?,
        objects: host.number(&file("objects"))?,
        pages: host.number(&file("pages"))?,
        stored_bytes: host.number(&file("stored_bytes"))?,
    })
}

/// Rows for people.
pub fn rows<'a>(pools: impl Iterator<Item = &'a Pool>) -> Vec<Vec<String>> {
    const HEAD: [&str; 6] = ["pool", "kind", "owner", "objects", "pages", "compressed"];
    let row = |pool: &Pool| {
        vec![
            pool.id.to_string(),
            pool.kind.clone(),
            pool.owner.clone(),
            pool.objects.to_string(),
            pool.pages.to_string(),
            human(pool.stored_bytes),
        ]
    };
    std::iter::once(HEAD.map(String::from).to_vec())
        .chain(pools.map(row))
        .collect()
}
