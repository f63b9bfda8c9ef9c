// SPDX-License-Identifier: GPL-2.0
//! A guest for tests: a tree in a temporary directory, and hands that record what is done
//! and answer as the kernel would.

use crate::error::Error;
use crate::host::{Hands, Host};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, io, process};

pub const SWAPS_HEAD: &str = "Filename\tType\tSize\tUsed\tPriority\n";
pub const RELEASE: &str = "7.2.12+deb13-cloud-amd64";
/// The module's default size in the fake guest, whose RAM is as large.
pub const RAM: u64 = 1 << 30;

/// What was done and said, and what is to go wrong.
#[derive(Default)]
pub struct Record {
    pub commands: Vec<String>,
    pub said: Vec<String>,
    /// A program that fails, and how often a write finds the file busy.
    pub fails: Option<&'static str>,
    pub busy: usize,
    /// What modinfo answers, by field.
    pub modinfo: Vec<(&'static str, String)>,
}

pub struct Guest {
    root: PathBuf,
    pub host: Host,
    pub record: Rc<RefCell<Record>>,
}

impl Guest {
    /// Root's, with one swap on disk, zswap on, and tmem installed but not loaded.
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = env::temp_dir().join(format!("tmemctl-test-{}-{number}", process::id()));
        let record = Rc::new(RefCell::new(Record::default()));
        let hands = FakeHands {
            root: root.clone(),
            record: record.clone(),
        };
        let guest = Self {
            host: Host::new(root.clone(), Box::new(hands)),
            root,
            record,
        };
        guest.populate();
        guest
    }

    fn populate(&self) {
        self.put("/proc/self/status", "Name:\ttmemctl\nUid:\t0\t0\t0\t0\n");
        self.put("/proc/sys/kernel/osrelease", RELEASE);
        self.put("/proc/sys/kernel/arch", "x86_64");
        self.put(
            "/proc/meminfo",
            &format!("MemTotal:  {} kB\nMemFree: 1 kB\n", RAM / 1024),
        );
        self.put("/proc/sys/vm/page-cluster", "3\n");
        self.put(
            "/proc/swaps",
            &format!("{SWAPS_HEAD}/dev/vda2 partition 1048572 0 -2\n"),
        );
        self.put("/sys/module/zswap/parameters/enabled", "Y\n");
        self.put(
            &format!("/boot/config-{RELEASE}"),
            "CONFIG_RUST=y\nCONFIG_MODULES=y\nCONFIG_SWAP=y\nCONFIG_ZSMALLOC=y\nCONFIG_LZ4_DECOMPRESS=y\n",
        );
        self.modinfo("vermagic", &format!("{RELEASE} SMP preempt mod_unload"));
    }

    pub fn put(&self, path: &str, text: &str) {
        put(&self.root, path, text);
    }

    pub fn get(&self, path: &str) -> String {
        self.host.text(path).unwrap_or_default()
    }

    pub fn modinfo(&self, field: &'static str, answer: &str) {
        self.record
            .borrow_mut()
            .modinfo
            .insert(0, (field, answer.into()));
    }

    pub fn fail(&self, program: &'static str) {
        self.record.borrow_mut().fails = Some(program);
    }

    /// The programs that were run since last asked, modinfo left out.
    pub fn commands(&self) -> Vec<String> {
        std::mem::take(&mut self.record.borrow_mut().commands)
    }

    pub fn said(&self) -> String {
        self.record.borrow().said.join("\n")
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

struct FakeHands {
    root: PathBuf,
    record: Rc<RefCell<Record>>,
}

impl Hands for FakeHands {
    fn run(&self, argv: &[&str]) -> Result<String, Error> {
        if argv[0] == "modinfo" {
            let record = self.record.borrow();
            let answer = record.modinfo.iter().find(|(field, _)| *field == argv[2]);
            return Ok(answer.map(|(_, text)| text.clone()).unwrap_or_default());
        }
        self.record.borrow_mut().commands.push(argv.join(" "));
        if self.record.borrow().fails == Some(argv[0]) {
            return Err(Error::new(format!("`{}` failed", argv.join(" "))));
        }
        self.play_kernel(argv);
        Ok(String::new())
    }

    fn write(&self, path: &Path, value: &str) -> io::Result<()> {
        let busy = self.record.borrow().busy;
        if busy > 0 {
            self.record.borrow_mut().busy = busy - 1;
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        if !path.exists() {
            return Err(io::ErrorKind::NotFound.into());
        }
        match path.file_name().and_then(|name| name.to_str()) {
            Some("reset") => self.fresh_disk(0),
            Some("mem_limit") => put(
                &self.root,
                "/sys/block/tmem0/mm_stat",
                &format!("0 0 0 {value} 0 0 0 0 0"),
            ),
            Some("comp_algorithm") if value == "raw" => fs::write(path, "lz4 zstd [raw]")?,
            Some("comp_algorithm") if value != "lz4" => {
                return Err(io::ErrorKind::InvalidInput.into())
            }
            _ => fs::write(path, value)?,
        }
        Ok(())
    }

    fn say(&self, line: &str) {
        self.record.borrow_mut().said.push(line.into());
    }

    fn pause(&self) {}
}

impl FakeHands {
    fn play_kernel(&self, argv: &[&str]) {
        match argv {
            ["modprobe", "tmem"] | ["insmod", _] => {
                put(&self.root, "/sys/module/tmem/refcnt", "0");
                self.fresh_disk(RAM);
            }
            ["modprobe", need] => put(&self.root, &format!("/sys/module/{need}/refcnt"), "0"),
            ["rmmod", name] => {
                fs::remove_dir_all(self.root.join("sys/module").join(name)).unwrap();
                let _ = fs::remove_dir_all(self.root.join("sys/block/tmem0"))
                    .ok()
                    .filter(|()| *name == "tmem");
            }
            ["swapon", "-p", priority, device] => {
                self.edit_swaps(|text| format!("{text}{device} partition 1048576 0 {priority}\n"))
            }
            ["swapoff", device] => self.edit_swaps(|text| without(&text, device)),
            _ => {}
        }
    }

    fn fresh_disk(&self, size: u64) {
        let file =
            |name: &str, text: &str| put(&self.root, &format!("/sys/block/tmem0/{name}"), text);
        file("disksize", &size.to_string());
        file("comp_algorithm", "[lz4] zstd raw");
        file("mm_stat", "0 0 0 0 0 0 0 0 0");
        file("mem_limit", "0");
        file("reset", "");
    }

    fn edit_swaps(&self, edit: impl Fn(String) -> String) {
        let path = self.root.join("proc/swaps");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, edit(text)).unwrap();
    }
}

fn without(table: &str, device: &str) -> String {
    let mut lines: Vec<_> = table.lines().collect();
    lines.retain(|line| !line.starts_with(&format!("{device} ")));
    lines.join("\n") + "\n"
}
