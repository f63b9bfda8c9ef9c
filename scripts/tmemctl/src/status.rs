// SPDX-License-Identifier: GPL-2.0
//! `tmemctl status`: what the disks hold and what that costs, for people or as JSON.

use crate::amount::{human, PAGE};
use crate::cli::StatusOptions;
use crate::disk::{self, Disk};
use crate::error::Error;
use crate::host::Host;
use crate::{module, pools, settings, swaps, table};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::{thread, time::Duration};

#[derive(Serialize)]
pub struct Status {
    pub loaded: bool,
    pub version: Option<String>,
    pub codec: Option<String>,
    pub dedup: Option<String>,
    pub recompress_idle_seconds: Option<u64>,
    pub max_bytes: Option<u64>,
    /// Stored over held, tables included; nothing while nothing is held.
    pub ratio: Option<f64>,
    pub held_bytes: u64,
    pub zswap: Option<String>,
    pub page_cluster: Option<u64>,
    pub disks: Vec<DiskStatus>,
    /// Those of the disks, too; empty for who is not root.
    pub pools: Vec<pools::Pool>,
    /// /sys/kernel/tmem/stats, as it is.
    pub stats: BTreeMap<String, u64>,
}

#[derive(Serialize)]
pub struct DiskStatus {
    pub name: String,
    pub size_bytes: u64,
    pub algorithm: String,
    pub stored_bytes: u64,
    pub compressed_bytes: u64,
    pub held_bytes: u64,
    pub held_max_bytes: u64,
    pub limit_bytes: u64,
    pub same_filled_bytes: u64,
    pub failed_reads: u64,
    pub failed_writes: u64,
    pub swap: Option<SwapStatus>,
}

#[derive(Serialize)]
pub struct SwapStatus {
    pub used_bytes: u64,
    pub priority: i32,
}

pub fn run(host: &Host, options: &StatusOptions) -> Result<(), Error> {
    loop {
        show(&read(host), options).map_err(Error::output)?;
        // Nothing of the terminal's state is changed, so Ctrl-C needs no handling.
        match options.watch {
            Some(seconds) => thread::sleep(Duration::from_secs(seconds)),
            None => return Ok(()),
        }
    }
}

fn show(status: &Status, options: &StatusOptions) -> io::Result<()> {
    const CLEAR: &str = "\x1b[H\x1b[2J";
    let mut out = io::stdout().lock();
    if options.json {
        // A line for each time when watching: easy to read by a program.
        let text = match options.watch {
            Some(_) => serde_json::to_string(status)?,
            None => serde_json::to_string_pretty(status)?,
        };
        writeln!(out, "{text}")?;
    } else {
        let clear = options.watch.is_some() && out.is_terminal();
        write!(out, "{}{}", if clear { CLEAR } else { "" }, text(status))?;
    }
    out.flush()
}

pub fn read(host: &Host) -> Status {
    let stats = read_stats(host);
    let value = |name: &str| stats.get(name).copied().unwrap_or(0);
    let held_bytes = value("arena_bytes") + value("metadata_bytes");
    let stored = value("logical_bytes");
    let choice = |file: &str| {
        let list = host.text(&format!("/sys/kernel/tmem/{file}"))?;
        Some(disk::chosen(&list).to_string())
    };
    Status {
        loaded: module::is_loaded(host),
        version: host.text("/sys/kernel/tmem/version"),
        codec: choice("codec"),
        dedup: choice("dedup"),
        recompress_idle_seconds: host.number("/sys/kernel/tmem/recompress_idle_seconds"),
        max_bytes: host.number("/sys/kernel/tmem/max_bytes"),
        ratio: (stored > 0 && held_bytes > 0).then(|| stored as f64 / held_bytes as f64),
        held_bytes,
        zswap: host.text(settings::ZSWAP),
        page_cluster: host.number(settings::PAGE_CLUSTER),
        disks: disk::names(host)
            .iter()
            .map(|name| read_disk(host, name))
            .collect(),
        pools: pools::read(host),
        stats,
    }
}

fn read_stats(host: &Host) -> BTreeMap<String, u64> {
    const DIRECTORY: &str = "/sys/kernel/tmem/stats";
    let names = host.names(DIRECTORY).into_iter();
    names
        .filter_map(|name| {
            host.number(&format!("{DIRECTORY}/{name}"))
                .map(|value| (name, value))
        })
        .collect()
}

fn read_disk(host: &Host, name: &str) -> DiskStatus {
    let disk = Disk { name };
    let shape = disk.shape(host);
    let mm = disk.mm_stat(host);
    let io = host.text(&disk.file("io_stat")).unwrap_or_default();
    let mut failed = io
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0));
    DiskStatus {
        name: name.into(),
        size_bytes: shape.size,
        algorithm: shape.algorithm,
        stored_bytes: mm.stored_bytes,
        compressed_bytes: mm.compressed_bytes,
        held_bytes: mm.held_bytes,
        held_max_bytes: mm.held_max_bytes,
        limit_bytes: mm.limit_bytes,
        same_filled_bytes: mm.same_pages * PAGE,
        failed_reads: failed.next().unwrap_or(0),
        failed_writes: failed.next().unwrap_or(0),
        swap: swaps::on(host, &disk.device()).map(|swap| SwapStatus {
            used_bytes: swap.used_bytes,
            priority: swap.priority,
        }),
    }
}

/// For people.
pub fn text(status: &Status) -> String {
    if !status.loaded {
        return "tmem is not loaded (`tmemctl on` turns it on, `tmemctl check` says whether it can)\n".into();
    }
    let version = status.version.as_deref().unwrap_or("of unknown version");
    format!(
        "tmem {version}\n\n{}\n{}{}",
        table::render(&disk_rows(status)),
        pool_text(status),
        store_text(status)
    )
}

/// The pools of programs and modules, if there are any.
fn pool_text(status: &Status) -> String {
    let is_disk = |pool: &&pools::Pool| status.disks.iter().any(|disk| disk.name == pool.owner);
    let rows = pools::rows(status.pools.iter().filter(|pool| !is_disk(pool)));
    match rows.len() {
        1 => String::new(),
        _ => table::render(&rows) + "\n",
    }
}

fn disk_rows(status: &Status) -> Vec<Vec<String>> {
    const HEAD: [&str; 10] = [
        "disk",
        "size",
        "swapped",
        "priority",
        "stored",
        "same-filled",
        "compressed",
        "held",
        "limit",
        "algorithm",
    ];
    let head = HEAD.map(String::from).to_vec();
    std::iter::once(head)
        .chain(status.disks.iter().map(disk_row))
        .collect()
}

fn disk_row(disk: &DiskStatus) -> Vec<String> {
    let swap = disk.swap.as_ref();
    vec![
        disk.name.clone(),
        none_if_zero(disk.size_bytes),
        swap.map_or("off".into(), |swap| human(swap.used_bytes)),
        swap.map_or("-".into(), |swap| swap.priority.to_string()),
        human(disk.stored_bytes),
        human(disk.same_filled_bytes),
        human(disk.compressed_bytes),
        human(disk.held_bytes),
        none_if_zero(disk.limit_bytes),
        disk.algorithm.clone(),
    ]
}

fn none_if_zero(bytes: u64) -> String {
    match bytes {
        0 => "none".into(),
        bytes => human(bytes),
    }
}

fn store_text(status: &Status) -> String {
    let value = |name: &str| status.stats.get(name).copied().unwrap_or(0);
    let ratio = status
        .ratio
        .map_or("-".into(), |ratio| format!("{ratio:.2}"));
    let refused = format!(
        "{} of {} (before compressing: {}; {} ms of CPU)",
        value("puts_refused"),
        value("puts"),
        value("puts_refused_early"),
        value("refused_usec") / 1000
    );
    let held = format!(
        "{} ({} for pages, {} for tables)",
        human(status.held_bytes),
        human(value("arena_bytes")),
        human(value("metadata_bytes"))
    );
    let rows = [
        ("RAM held", held),
        (
            "RAM held at most",
            status.max_bytes.map_or("-".into(), human),
        ),
        ("stored / held", ratio),
        ("kept once", kept_once(status)),
        ("recompressed", recompressed(status)),
        ("evicted", format!("{} pages", value("evictions"))),
        ("puts refused", refused),
        ("corrupt pages", value("corrupt_pages").to_string()),
        (
            "zswap",
            status.zswap.clone().unwrap_or("not built in".into()),
        ),
        (
            "page-cluster",
            status
                .page_cluster
                .map_or("-".into(), |value| value.to_string()),
        ),
    ];
    let line = |(label, words): &(&str, String)| format!("{label:<18}{words}\n");
    rows.iter().map(line).collect()
}

/// What equal pages save. The kernel tells root alone.
fn kept_once(status: &Status) -> String {
    let domain = status.dedup.as_deref().unwrap_or("-");
    let Some(pages) = status.stats.get("dedup_pages") else {
        return format!("equal pages of: {domain} (how many: run this as root)");
    };
    let splitting = match status.stats.get("dedup_pending_pages") {
        None | Some(0) => String::new(),
        Some(pending) => format!("; {pending} still to be kept apart"),
    };
    format!("{pages} pages are equal to another (domain: {domain}){splitting}")
}

fn recompressed(status: &Status) -> String {
    let count = |name: &str| status.stats.get(name).copied().unwrap_or(0);
    let pages = count("recompressed");
    let learnt = match count("dictionaries") {
        0 => String::new(),
        cgroups => format!("; cgroups with a dictionary: {cgroups}"),
    };
    match status.recompress_idle_seconds {
        None | Some(0) => format!("{pages} pages (off){learnt}"),
        Some(seconds) => format!("{pages} pages (once idle for {seconds} s){learnt}"),
    }
}
