// SPDX-License-Identifier: GPL-2.0
//! Makes the first, then the second, then the third... allocation of one operation fail, until it is done with none failing. The
//! kernel counts them for us (`/proc/thread-self/fail-nth`); whose allocations count is set beforehand in debugfs.

use crate::content::{Class, Content, PAGE};
use crate::device::Device;
use crate::ensure;
use crate::mapping::{Kind, Mapping};
use crate::outcome::{errno_name, Outcome};
use crate::reload;
use clap::{Args, Subcommand};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command;

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    operation: Operation,
    /// Shell text for after each attempt; $OUTCOME is `ok` or the error's name, $SAID what was read
    #[arg(long, global = true, default_value = "true")]
    after: String,
}

#[derive(Subcommand)]
enum Operation {
    /// Load a module
    Load {
        file: PathBuf,
        #[arg(default_value = "")]
        parameters: String,
    },
    /// Write to a file
    Write { file: PathBuf, text: String },
    /// Read a file
    Read { file: PathBuf },
    /// Write pages, each one until nothing fails, and read all of them at the end
    Pages {
        device: PathBuf,
        #[arg(long, default_value_t = 256)]
        count: u64,
        #[arg(long, value_enum, default_value = "mixed")]
        class: Class,
    },
}

/// An operation with more allocations than this does not end.
const MOST_SITES: u64 = 10_000;

pub fn run(options: &Options) -> Outcome {
    let mut tally = Tally::default();
    match &options.operation {
        Operation::Load { file, parameters } => {
            tally.walk(|| reload::load(file, parameters), &options.after)?;
        }
        Operation::Write { file, text } => {
            tally.walk(|| write(file, text), &options.after)?;
        }
        Operation::Read { file } => tally.walk(|| fs::read_to_string(file), &options.after)?,
        Operation::Pages {
            device,
            count,
            class,
        } => pages(&mut tally, &Device::direct(device)?, *count, *class)?,
    }
    tally.say();
    Ok(())
}

fn write(file: &PathBuf, text: &str) -> io::Result<String> {
    let mut file = OpenOptions::new().write(true).open(file)?;
    file.write_all(text.as_bytes()).map(|()| String::new())
}

/// What a refused write leaves of a page is what was there: nothing. The pages written before stay whole.
fn pages(tally: &mut Tally, device: &Device, count: u64, class: Class) -> Outcome {
    let mut memory = Mapping::new(PAGE, Kind::Private)?;
    let mut back = Mapping::new(PAGE, Kind::Private)?;
    for page in 0..count {
        Content::new(class, page).make(memory.bytes_mut());
        for site in 1.. {
            let (done, injected) = with_failing(site, || device.write(page, memory.bytes()))?;
            let holds = if done.is_ok() { page } else { u64::MAX };
            tally.count(&done.map(|()| String::new()), injected, site)?;
            check(device, page, holds, class, &mut back)?;
            if !injected {
                break;
            }
            device.discard(page, 1)?;
        }
        check(device, page / 2, page / 2, class, &mut back)?;
    }
    (0..count).try_for_each(|page| check(device, page, page, class, &mut back))
}

/// The page holds the content of the number `holds`; [`u64::MAX`]: zeroes.
fn check(device: &Device, page: u64, holds: u64, class: Class, memory: &mut Mapping) -> Outcome {
    let (done, injected) = with_failing(1, || device.read(page, memory.bytes_mut()))?;
    ensure!(!injected, "reading page {page} allocates memory");
    done.map_err(|error| format!("page {page}: {error}"))?;
    let content = match holds {
        u64::MAX => Content::EMPTY,
        number => Content::new(class, number),
    };
    content
        .check(memory.bytes())
        .map_err(|difference| format!("page {page}: {difference}").into())
}

/// Runs something with its nth allocation failing; whether there was one.
fn with_failing<T>(
    nth: u64,
    operation: impl FnOnce() -> io::Result<T>,
) -> Outcome<(io::Result<T>, bool)> {
    const FILE: &str = "/proc/thread-self/fail-nth";
    let mut file = OpenOptions::new().read(true).write(true).open(FILE)?;
    file.write_all(nth.to_string().as_bytes())?;
    let done = operation();
    // 0: it has happened. What is left must not hit somebody else.
    let left = fs::read_to_string(FILE)?;
    file.write_all(b"0")?;
    Ok((done, left.trim() == "0"))
}

#[derive(Default)]
struct Tally {
    /// Allocations that were made to fail
    sites: u64,
    /// Those that the operation did without
    survived: u64,
    errors: BTreeMap<String, u64>,
}

impl Tally {
    fn walk(&mut self, operation: impl Fn() -> io::Result<String>, after: &str) -> Outcome {
        for site in 1.. {
            let (done, injected) = with_failing(site, &operation)?;
            self.count(&done, injected, site)?;
            clean_up(&done, after)?;
            if !injected {
                break;
            }
        }
        Ok(())
    }

    fn count(&mut self, done: &io::Result<String>, injected: bool, site: u64) -> Outcome {
        ensure!(site < MOST_SITES, "there is no end of allocations");
        match done {
            Ok(_) => self.survived += u64::from(injected),
            Err(error) if injected => {
                *self.errors.entry(errno_name(error)).or_insert(0) += 1;
            }
            Err(error) => return Err(format!("no allocation failed, and it says: {error}").into()),
        }
        self.sites += u64::from(injected);
        Ok(())
    }

    fn say(&self) {
        println!("sites={}\nsurvived={}", self.sites, self.survived);
        for (name, count) in &self.errors {
            println!("error_{name}={count}");
        }
    }
}

fn clean_up(done: &io::Result<String>, after: &str) -> Outcome {
    let (outcome, said) = match done {
        Ok(said) => ("ok".into(), said.trim()),
        Err(error) => (errno_name(error), ""),
    };
    let status = Command::new("bash")
        .args(["-ec", after])
        .env("OUTCOME", &outcome)
        .env("SAID", said)
        .status()?;
    ensure!(status.success(), "after {outcome}: `{after}` failed");
    Ok(())
}
