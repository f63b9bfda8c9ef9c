// SPDX-License-Identifier: GPL-2.0
//! `tmemctl top`: the cgroups by what they hold, save, lose and cost, for people or as JSON.

mod hints;
mod names;
mod rows;
mod screen;

use crate::amount::human;
use crate::cli::{SortKey, TopOptions};
use crate::error::Error;
use crate::host::Host;
use crate::{module, table};
use names::{shortened, Names};
use rows::Row;
use screen::Screen;
use serde::Serialize;
use std::cmp::Reverse;
use std::io::{self, Write};
use std::{thread, time::Duration};

const DIRECTORY: &str = "/sys/kernel/tmem/cgroups";
const REFRESH: Duration = Duration::from_secs(1);

#[derive(Serialize)]
pub struct Top {
    /// RAM, tables included.
    pub held_bytes: u64,
    pub max_bytes: Option<u64>,
    pub logical_bytes: u64,
    /// In the order asked for. Values cover the cgroups below.
    pub cgroups: Vec<Row>,
    /// What stands in the way of all of them.
    pub notes: Vec<String>,
}

pub fn run(host: &Host, options: &TopOptions) -> Result<(), Error> {
    let screen = match options.once || options.json {
        true => None,
        false => Screen::open().map_err(Error::output)?,
    };
    loop {
        let top = read(host, options.sort)?;
        let shown = match &screen {
            Some(screen) => screen.show(&text(&top)),
            None => print(&top, options),
        };
        shown.map_err(Error::output)?;
        if options.once || !waits(screen.as_ref())? {
            return Ok(());
        }
    }
}

/// Until the next look; whether there is to be one.
fn waits(screen: Option<&Screen>) -> Result<bool, Error> {
    match screen {
        Some(screen) => screen.wait(REFRESH).map_err(Error::output),
        None => {
            thread::sleep(REFRESH);
            Ok(true)
        }
    }
}

fn print(top: &Top, options: &TopOptions) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match (options.json, options.once) {
        (true, true) => writeln!(out, "{}", serde_json::to_string_pretty(top)?)?,
        // A line for each look: easy to read by a program.
        (true, false) => writeln!(out, "{}", serde_json::to_string(top)?)?,
        (false, true) => write!(out, "{}", text(top))?,
        (false, false) => writeln!(out, "{}", text(top))?,
    }
    out.flush()
}

pub fn read(host: &Host, sort: SortKey) -> Result<Top, Error> {
    check_access(host)?;
    let stat = |name: &str| {
        host.number(&format!("/sys/kernel/tmem/stats/{name}"))
            .unwrap_or(0)
    };
    let mut cgroups = rows::read(host, &Names::read(host));
    order(&mut cgroups, sort);
    Ok(Top {
        held_bytes: stat("arena_bytes") + stat("metadata_bytes"),
        max_bytes: host.number("/sys/kernel/tmem/max_bytes"),
        logical_bytes: stat("logical_bytes"),
        cgroups,
        notes: hints::notes(host),
    })
}

fn check_access(host: &Host) -> Result<(), Error> {
    if !module::is_loaded(host) {
        return Err(Error::new("tmem is not loaded")
            .remedy("`tmemctl on` turns it on, `tmemctl check` says whether it can"));
    }
    if !host.exists(DIRECTORY) {
        return Err(
            Error::new("the tmem that is loaded does not account by cgroup")
                .remedy("load a newer one: tmemctl off && tmemctl on --module FILE"),
        );
    }
    match host.is_root() {
        true => Ok(()),
        false => {
            Err(Error::new("only root may see what the cgroups hold").remedy("sudo tmemctl top"))
        }
    }
}

/// The most first; what is equal by path.
fn order(cgroups: &mut [Row], sort: SortKey) {
    cgroups.sort_by(|one, other| one.path.cmp(&other.path));
    match sort {
        SortKey::Name => cgroups.sort_by(|one, other| one.name.cmp(&other.name)),
        _ => cgroups.sort_by_key(|row| Reverse(amount(row, sort))),
    }
}

fn amount(row: &Row, sort: SortKey) -> u64 {
    match sort {
        SortKey::Holds | SortKey::Name => row.value("logical_bytes"),
        SortKey::Ram => row.value("compressed_bytes"),
        SortKey::Saved => row.saved_bytes,
        SortKey::Refused => row.value("puts_refused"),
        SortKey::Evicted => row.value("evictions"),
        SortKey::Disk => row.value("written_back_bytes"),
        SortKey::Cpu => row.value("recompress_usec"),
    }
}

/// For people.
pub fn text(top: &Top) -> String {
    let head = format!(
        "tmem holds {} of pages in {} of RAM, {} at most. A cgroup's figures cover those below it.",
        human(top.logical_bytes),
        human(top.held_bytes),
        top.max_bytes.map_or("-".into(), human)
    );
    let head: Vec<_> = std::iter::once(&head).chain(&top.notes).cloned().collect();
    format!("{}\n\n{}", head.join("\n"), cgroup_text(&top.cgroups))
}

fn cgroup_text(cgroups: &[Row]) -> String {
    const HEAD: [&str; 9] = [
        "cgroup", "holds", "in RAM", "limit", "saved", "refused", "evicted", "to disk", "CPU",
    ];
    let cells: Vec<_> = std::iter::once(HEAD.map(String::from).to_vec())
        .chain(cgroups.iter().map(cells))
        .collect();
    let hints = std::iter::once(None).chain(cgroups.iter().map(|row| row.hint.as_ref()));
    let lines = table::render(&cells);
    let with_hint = |(line, hint): (&str, Option<&String>)| match hint {
        Some(hint) => format!("{line}  {hint}\n"),
        None => format!("{line}\n"),
    };
    lines.lines().zip(hints).map(with_hint).collect()
}

fn cells(row: &Row) -> Vec<String> {
    const WIDEST: usize = 32;
    let name = shortened(&row.name, WIDEST);
    let holds = human(row.value("logical_bytes"));
    // Why there is nothing says more than eight times 0.
    if row.hint.is_some() {
        return vec![name, holds];
    }
    let limit = row.values.get("limit_effective_bytes");
    vec![
        name,
        holds,
        human(row.value("compressed_bytes")),
        limit.map_or("none".into(), |&bytes| human(bytes)),
        human(row.saved_bytes),
        row.value("puts_refused").to_string(),
        row.value("evictions").to_string(),
        human(row.value("written_back_bytes")),
        seconds(row.value("recompress_usec")),
    ]
}

fn seconds(usec: u64) -> String {
    match usec / 1000 {
        milliseconds @ ..10_000 => format!("{milliseconds} ms"),
        milliseconds => format!("{} s", milliseconds / 1000),
    }
}
