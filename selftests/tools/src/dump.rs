// SPDX-License-Identifier: GPL-2.0
//! Copies a program's private anonymous pages to a file: what it would have in swap. Pages of one repeated word are left out
//! (every store keeps those for nothing), equal pages are not. Of many, a random choice.

use crate::content::{Rng, PAGE};
use crate::ensure;
use crate::outcome::Outcome;
use clap::Args;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

#[derive(Args)]
pub struct Options {
    #[arg(long)]
    pid: libc::pid_t,
    #[arg(long)]
    out: PathBuf,
    /// How many pages
    #[arg(long, default_value_t = 8000)]
    most: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Bits of an entry of pagemap: the page is in memory; it belongs to a file or is shared.
const PRESENT: u64 = 1 << 63;
const NOT_ANONYMOUS: u64 = 1 << 61;

pub fn run(options: &Options) -> Outcome {
    let _stopped = Stopped::new(options.pid)?;
    let addresses = anonymous_pages(options.pid)?;
    let mut pages = choose(options, addresses.clone())?;
    pages.sort_unstable_by_key(|(address, _)| *address);
    let mut out = io::BufWriter::new(File::create(&options.out)?);
    for (_, page) in &pages {
        out.write_all(&page[..])?;
    }
    out.flush()?;
    println!("present={}\nwritten={}", addresses.len(), pages.len());
    Ok(())
}

/// A program that does not change its memory meanwhile.
struct Stopped(libc::pid_t);

impl Stopped {
    fn new(pid: libc::pid_t) -> Outcome<Self> {
        // SAFETY: a signal to a program.
        let sent = unsafe { libc::kill(pid, libc::SIGSTOP) };
        ensure!(sent == 0, "{pid}: {}", io::Error::last_os_error());
        let stopped = Self(pid);
        while !stopped.is_stopped()? {
            sleep(Duration::from_millis(1));
        }
        Ok(stopped)
    }

    fn is_stopped(&self) -> Outcome<bool> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name before it may hold anything.
        let state = stat
            .rsplit(") ")
            .next()
            .and_then(|rest| rest.chars().next());
        ensure!(state != Some('Z'), "{} has ended", self.0);
        Ok(state == Some('T'))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { libc::kill(self.0, libc::SIGCONT) };
    }
}

/// Their addresses.
fn anonymous_pages(pid: libc::pid_t) -> Outcome<Vec<u64>> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let pagemap = File::open(format!("/proc/{pid}/pagemap"))?;
    let mut found = Vec::new();
    for (start, end) in maps.lines().filter_map(private_range) {
        let first = start / PAGE as u64;
        let mut entries = vec![0; (end - start) as usize / PAGE * 8];
        pagemap.read_exact_at(&mut entries, first * 8)?;
        let entries = entries.chunks_exact(8).map(number);
        let present = (first..)
            .zip(entries)
            .filter(|(_, entry)| is_anonymous(*entry));
        found.extend(present.map(|(page, _)| page * PAGE as u64));
    }
    Ok(found)
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| (number << 8) | u64::from(byte))
}

fn is_anonymous(entry: u64) -> bool {
    entry & (PRESENT | NOT_ANONYMOUS) == PRESENT
}

/// The addresses of a line of `maps`, if it is about private memory that can be read. What cannot is address space set aside,
/// terabytes of it, and so is what the kernel itself maps there.
fn private_range(line: &str) -> Option<(u64, u64)> {
    let mut fields = line.split_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let access = fields.next()?;
    let name = fields.nth(3).unwrap_or("");
    if !access.starts_with('r') || !access.ends_with('p') || name.starts_with("[v") {
        return None;
    }
    let address = |text| u64::from_str_radix(text, 16).ok();
    Some((address(start)?, address(end)?))
}

type Page = [u8; PAGE];

/// So many pages as are wanted, in any order.
fn choose(options: &Options, mut addresses: Vec<u64>) -> Outcome<Vec<(u64, Box<Page>)>> {
    let memory = File::open(format!("/proc/{}/mem", options.pid))?;
    let mut rng = Rng::new(options.seed);
    let mut chosen = Vec::new();
    while chosen.len() < options.most && !addresses.is_empty() {
        let address = addresses.swap_remove(rng.below(addresses.len() as u64) as usize);
        let mut page = Box::new([0; PAGE]);
        memory.read_exact_at(&mut page[..], address)?;
        if !is_one_word(&page) {
            chosen.push((address, page));
        }
    }
    Ok(chosen)
}

fn is_one_word(page: &Page) -> bool {
    page[8..] == page[..PAGE - 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_memory_that_can_be_read() {
        let heap =
            "55d0c0000000-55d0c0021000 rw-p 00000000 00:00 0                          [heap]";
        assert_eq!(private_range(heap), Some((0x55d0c0000000, 0x55d0c0021000)));
        let data = "7f00-8f00 rw-p 0001 fe:01 77   /usr/lib/libc.so.6";
        assert_eq!(private_range(data), Some((0x7f00, 0x8f00)));
        for other in [
            "7f00-8f00 rw-s 00000000 00:01 77   /dev/zero (deleted)",
            "7f00-8f00 ---p 00000000 00:00 0",
            "7f00-8f00 r--p 00000000 00:00 0    [vvar]",
        ] {
            assert_eq!(private_range(other), None, "{other}");
        }
    }

    #[test]
    fn one_word_is_told_from_two() {
        let mut page = [7; PAGE];
        assert!(is_one_word(&page));
        page[PAGE - 1] = 8;
        assert!(!is_one_word(&page));
    }

    #[test]
    fn ones_own_pages_are_found() {
        let memory = vec![42_u8; 4 * PAGE];
        let start = memory.as_ptr() as u64;
        let own = anonymous_pages(std::process::id() as libc::pid_t).unwrap();
        let within = own.iter().filter(|&&address| {
            address >= start && address + PAGE as u64 <= start + 4 * PAGE as u64
        });
        assert!(within.count() >= 3);
    }
}
