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
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    operation: Operation,
    #[command(flatten)]
    around: Around,
}

/// What is done and looked at after each attempt.
#[derive(Args)]
struct Around {
    /// After success: write a text (`%`: what was read) to a file
    #[arg(long, global = true, num_args = 2, value_names = ["FILE", "TEXT"])]
    undo: Vec<String>,
    /// After failure: this must not be there
    #[arg(long, global = true)]
    absent: Vec<PathBuf>,
    /// After failure: a file must hold a text
    #[arg(long, global = true, num_args = 2, value_names = ["FILE", "TEXT"])]
    holds: Vec<String>,
}

#[derive(Subcommand)]
enum Operation {
    /// Load a module, and unload it again
    Load {
        file: PathBuf,
        name: String,
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

/// For so long after a refusal, others are refused without asking for memory.
const REFUSING: Duration = Duration::from_millis(25);

/// An operation with more allocations than this does not end.
const MOST_SITES: u64 = 10_000;

pub fn run(options: &Options) -> Outcome {
    let mut tally = Tally::default();
    match &options.operation {
        Operation::Load {
            file,
            name,
            parameters,
        } => tally.walk(
            || reload::load(file, parameters).map(|()| String::new()),
            |done| match done {
                Ok(_) => Ok(reload::unload(name)?),
                Err(_) => options.around.look(done),
            },
        )?,
        Operation::Write { file, text } => tally.walk(
            || write(file, text).map(|()| String::new()),
            |done| options.around.look(done),
        )?,
        Operation::Read { file } => tally.walk(
            || fs::read_to_string(file),
            |done| options.around.look(done),
        )?,
        Operation::Pages {
            device,
            count,
            class,
        } => pages(&mut tally, &Device::direct(device)?, *count, *class)?,
    }
    tally.say();
    Ok(())
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(file)?;
    file.write_all(text.as_bytes())
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
            thread::sleep(REFUSING);
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
    fn walk(
        &mut self,
        operation: impl Fn() -> io::Result<String>,
        after: impl Fn(&io::Result<String>) -> Outcome,
    ) -> Outcome {
        for site in 1.. {
            let (done, injected) = with_failing(site, &operation)?;
            self.count(&done, injected, site)?;
            after(&done).map_err(|failure| format!("allocation {site}, {done:?}: {failure}"))?;
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

impl Around {
    fn look(&self, done: &io::Result<String>) -> Outcome {
        match done {
            Ok(said) => {
                for undo in self.undo.chunks(2) {
                    write(Path::new(&undo[0]), &undo[1].replace('%', said.trim()))?;
                }
            }
            Err(_) => {
                for path in &self.absent {
                    ensure!(!path.exists(), "{} is there", path.display());
                }
                for pair in self.holds.chunks(2) {
                    let held = fs::read_to_string(&pair[0])?;
                    ensure!(held.trim() == pair[1], "{} holds {held}", pair[0]);
                }
            }
        }
        Ok(())
    }
}
