// SPDX-License-Identifier: GPL-2.0
//! The guest as tmemctl sees it: files under a root (a test gives its own), and hands that
//! run programs, write settings and speak.

use crate::error::Error;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

/// All that has an effect, so that tests can record it and play the kernel.
pub trait Hands {
    /// Runs a program to its end and gives its standard output; an error carries what it said.
    fn run(&self, argv: &[&str]) -> Result<String, Error>;
    fn write(&self, path: &Path, value: &str) -> io::Result<()>;
    fn say(&self, line: &str);
    fn pause(&self);
}

pub struct Host {
    root: PathBuf,
    hands: Box<dyn Hands>,
}

impl Host {
    pub fn real() -> Self {
        Self::new("/".into(), Box::new(RealHands))
    }

    pub fn new(root: PathBuf, hands: Box<dyn Hands>) -> Self {
        Self { root, hands }
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A file's text without the white space around it; nothing if it cannot be read.
    pub fn text(&self, path: &str) -> Option<String> {
        let bytes = fs::read(self.path(path)).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim().to_string())
    }

    pub fn number(&self, path: &str) -> Option<u64> {
        self.text(path)?.parse().ok()
    }

    /// The first bytes of a file, as many as there are up to `most`.
    pub fn head(&self, path: &str, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(self.path(path))?
            .take(most)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// The names in a directory, sorted; none if it cannot be read.
    pub fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(path))
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<_> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    pub fn set(&self, path: &str, value: &str) -> Result<(), Error> {
        self.try_set(path, value)
            .map_err(|error| Error::new(format!("cannot write {value} to {path}: {error}")))
    }

    /// Like [`Host::set`], but waits a little while the file is busy.
    pub fn set_when_free(&self, path: &str, value: &str) -> Result<(), Error> {
        let is_busy = |error: io::Error| error.kind() == io::ErrorKind::ResourceBusy;
        self.wait_until(|| !self.try_set(path, value).is_err_and(is_busy));
        self.set(path, value)
    }

    /// Waits a short time for something that others will soon be done with: after a disk
    /// appears or changes, udev and the like hold it open for a moment.
    pub fn wait_until(&self, done: impl Fn() -> bool) {
        for _ in 0..20 {
            if done() {
                return;
            }
            self.hands.pause();
        }
    }

    fn try_set(&self, path: &str, value: &str) -> io::Result<()> {
        self.hands.write(&self.path(path), value)
    }

    pub fn run(&self, argv: &[&str]) -> Result<String, Error> {
        self.hands.run(argv)
    }

    pub fn say(&self, line: &str) {
        self.hands.say(line);
    }

    /// The effective user is root.
    pub fn is_root(&self) -> bool {
        let status = self.text("/proc/self/status").unwrap_or_default();
        let uids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        uids.and_then(|uids| uids.split_whitespace().nth(1)) == Some("0")
    }

    /// What `uname -r` prints.
    pub fn release(&self) -> String {
        self.text("/proc/sys/kernel/osrelease").unwrap_or_default()
    }

    /// A line of /proc/meminfo, in bytes.
    pub fn meminfo(&self, name: &str) -> Option<u64> {
        let info = self.text("/proc/meminfo")?;
        let mut lines = info.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = lines.find(|(key, _)| *key == name)?;
        Some(value.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    }
}

struct RealHands;

impl Hands for RealHands {
    fn run(&self, argv: &[&str]) -> Result<String, Error> {
        let output = Command::new(argv[0])
            .args(&argv[1..])
            .env("PATH", search_path())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| did_not_start(argv[0], error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr)
            .trim()
            .replace('\n', "; ");
        Err(Error::new(format!(
            "`{}` failed ({}): {said}",
            argv.join(" "),
            output.status
        )))
    }

    fn write(&self, path: &Path, value: &str) -> io::Result<()> {
        // Never creates: a setting that is not there must not become an ordinary file.
        fs::OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(value.as_bytes())
    }

    fn say(&self, line: &str) {
        // Work half done must not stop because whoever listened has left.
        let _ = writeln!(io::stdout(), "{line}");
    }

    fn pause(&self) {
        thread::sleep(Duration::from_millis(100));
    }
}

/// The administrator's programs are not in everybody's PATH.
fn search_path() -> String {
    let path = env::var("PATH").unwrap_or_default();
    format!("{path}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin")
}

fn did_not_start(program: &str, error: io::Error) -> Error {
    let package = match program {
        "mkswap" | "swapon" | "swapoff" => "util-linux",
        "modprobe" | "insmod" | "rmmod" | "modinfo" => "kmod",
        _ => return Error::new(format!("cannot run {program}: {error}")),
    };
    Error::new(format!("cannot run {program}: {error}"))
        .remedy(format!("install the package {package}"))
}
