// SPDX-License-Identifier: GPL-2.0
//! A tmem disk's control files under /sys/block/tmemN.

use crate::amount::human;
use crate::error::Error;
use crate::host::Host;
use serde::{Deserialize, Serialize};

/// The disk that `tmemctl on` swaps to.
pub const FIRST: Disk<'static> = Disk { name: "tmem0" };

/// What an administrator can set on a disk.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// 0 while the disk is not initialised.
    pub size: u64,
    /// Most RAM for what is stored; 0 is no limit.
    pub limit: u64,
    pub algorithm: String,
}

impl Shape {
    pub fn limit_text(&self) -> String {
        match self.limit {
            0 => "none".into(),
            limit => human(limit),
        }
    }
}

/// The first seven fields of mm_stat that tmemctl uses; their meaning is zram's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MmStat {
    pub stored_bytes: u64,
    pub compressed_bytes: u64,
    pub held_bytes: u64,
    pub limit_bytes: u64,
    pub held_max_bytes: u64,
    pub same_pages: u64,
}

#[derive(Clone, Copy)]
pub struct Disk<'a> {
    pub name: &'a str,
}

impl Disk<'_> {
    pub fn device(&self) -> String {
        format!("/dev/{}", self.name)
    }

    pub fn file(&self, name: &str) -> String {
        format!("/sys/block/{}/{name}", self.name)
    }

    pub fn exists(&self, host: &Host) -> bool {
        host.exists(&self.file("disksize"))
    }

    pub fn mm_stat(&self, host: &Host) -> MmStat {
        parse_mm_stat(&host.text(&self.file("mm_stat")).unwrap_or_default())
    }

    pub fn shape(&self, host: &Host) -> Shape {
        Shape {
            size: host.number(&self.file("disksize")).unwrap_or(0),
            limit: self.mm_stat(host).limit_bytes,
            algorithm: self.algorithm(host),
        }
    }

    pub fn algorithm(&self, host: &Host) -> String {
        let list = host.text(&self.file("comp_algorithm")).unwrap_or_default();
        chosen(&list).to_string()
    }

    /// Empties the disk and gives it another shape.
    pub fn reshape(&self, host: &Host, shape: &Shape) -> Result<(), Error> {
        host.set_when_free(&self.file("reset"), "1").map_err(|error| {
            let device = self.device();
            error.remedy(format!(
                "{device} is in use: stop what uses it (`fuser -v {device}`, `findmnt {device}`), then try again"
            ))
        })?;
        if shape.algorithm != self.algorithm(host) {
            self.set_algorithm(host, &shape.algorithm)?;
        }
        if shape.limit != self.mm_stat(host).limit_bytes {
            host.set(&self.file("mem_limit"), &shape.limit.to_string())?;
        }
        if shape.size != 0 {
            host.set(&self.file("disksize"), &shape.size.to_string())
                .map_err(|error| error.remedy("give a smaller --size"))?;
        }
        Ok(())
    }

    fn set_algorithm(&self, host: &Host, name: &str) -> Result<(), Error> {
        let file = self.file("comp_algorithm");
        host.set(&file, name).map_err(|error| {
            let known = host.text(&file).unwrap_or_default();
            error.remedy(format!(
                "give --algorithm one of: {}",
                known.replace(['[', ']'], "")
            ))
        })
    }

    /// It holds pages that are not a swap area's: somebody's file system, perhaps.
    pub fn holds_foreign_data(&self, host: &Host) -> bool {
        self.mm_stat(host).stored_bytes > 0 && !self.has_swap_header(host)
    }

    fn has_swap_header(&self, host: &Host) -> bool {
        const MAGIC: &[u8] = b"SWAPSPACE2";
        let head = host.head(&self.device(), 4096).unwrap_or_default();
        head.ends_with(MAGIC)
    }
}

/// The names of all tmem disks.
pub fn names(host: &Host) -> Vec<String> {
    let mut names = host.names("/sys/block");
    names.retain(|name| {
        name.strip_prefix("tmem")
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    });
    names.sort_by_key(|name| name.len());
    names
}

/// The entry in brackets of a list such as `[lz4] raw`.
pub fn chosen(list: &str) -> &str {
    list.split_whitespace()
        .find_map(|name| name.strip_prefix('[')?.strip_suffix(']'))
        .unwrap_or("")
}

fn parse_mm_stat(line: &str) -> MmStat {
    let mut fields = line
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0));
    let mut next = || fields.next().unwrap_or(0);
    MmStat {
        stored_bytes: next(),
        compressed_bytes: next(),
        held_bytes: next(),
        limit_bytes: next(),
        held_max_bytes: next(),
        same_pages: next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_mm_stat() {
        let line = "40960 10000 12288 65536 16384 3        0        1        1";
        let expected = MmStat {
            stored_bytes: 40960,
            compressed_bytes: 10000,
            held_bytes: 12288,
            limit_bytes: 65536,
            held_max_bytes: 16384,
            same_pages: 3,
        };
        assert_eq!(parse_mm_stat(line), expected);
        assert_eq!(parse_mm_stat(""), MmStat::default());
    }

    #[test]
    fn finds_the_chosen_algorithm() {
        assert_eq!(chosen("[lz4] raw"), "lz4");
        assert_eq!(chosen("lz4 [raw]"), "raw");
        assert_eq!(chosen("lz4 raw"), "");
    }
}
