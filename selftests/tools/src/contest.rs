// SPDX-License-Identifier: GPL-2.0
//! Threads that reset a disk, give it a size, open and use it, and read its figures, all at once. Whoever has it open and sees it
//! with a size owns its contents until closing it: what was written then must come back, whatever the others try.

use crate::content::{Class, Content, PAGE};
use crate::device::Device;
use crate::ensure;
use crate::mapping::{Kind, Mapping};
use crate::outcome::{errno_name, Outcome};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct Options {
    /// The disk's name, such as tmem0
    disk: String,
    #[arg(long, default_value_t = 8)]
    seconds: u64,
}

const BYTES: &str = "16M";
const PATIENCE: Duration = Duration::from_secs(60);

struct Contest<'a> {
    disk: &'a str,
    end: Instant,
    resets: AtomicU64,
    refused_resets: AtomicU64,
    sizes: AtomicU64,
    uses: AtomicU64,
}

pub fn run(options: &Options) -> Outcome {
    let contest = Contest {
        disk: &options.disk,
        end: Instant::now() + Duration::from_secs(options.seconds),
        resets: AtomicU64::new(0),
        refused_resets: AtomicU64::new(0),
        sizes: AtomicU64::new(0),
        uses: AtomicU64::new(0),
    };
    thread::scope(|scope| {
        let contest = &contest;
        let workers = [
            scope.spawn(|| contest.repeat(Contest::reset)),
            scope.spawn(|| contest.repeat(Contest::reset)),
            scope.spawn(|| contest.repeat(Contest::resize)),
            scope.spawn(|| contest.repeat(Contest::look)),
            scope.spawn(|| contest.repeat(|contest| contest.use_disk(0))),
            scope.spawn(|| contest.repeat(|contest| contest.use_disk(1))),
        ];
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or(Err("a thread panicked".into())))
    })?;
    contest.say_counts()
}

impl Contest<'_> {
    fn repeat(&self, work: impl Fn(&Self) -> Outcome) -> Outcome {
        while self.goes_on() {
            work(self)?;
        }
        Ok(())
    }

    /// On a busy host it may take longer until everything has happened once.
    fn goes_on(&self) -> bool {
        let now = Instant::now();
        let counts = [&self.resets, &self.refused_resets, &self.sizes, &self.uses];
        let all_happened = counts.iter().all(|count| count.load(Relaxed) > 0);
        now < self.end || (!all_happened && now < self.end + PATIENCE)
    }

    fn attribute(&self, name: &str) -> PathBuf {
        Path::new("/sys/block").join(self.disk).join(name)
    }

    fn reset(&self) -> Outcome {
        match fs::write(self.attribute("reset"), "1") {
            Ok(()) => self.resets.fetch_add(1, Relaxed),
            Err(error) if errno_name(&error) == "EBUSY" => {
                self.refused_resets.fetch_add(1, Relaxed)
            }
            Err(error) => return Err(format!("reset: {error}").into()),
        };
        Ok(())
    }

    fn resize(&self) -> Outcome {
        match fs::write(self.attribute("disksize"), BYTES) {
            Ok(()) => self.sizes.fetch_add(1, Relaxed),
            Err(error) if errno_name(&error) == "EBUSY" => return Ok(()),
            Err(error) => return Err(format!("disksize: {error}").into()),
        };
        Ok(())
    }

    fn look(&self) -> Outcome {
        for name in ["mm_stat", "io_stat", "initstate", "disksize"] {
            fs::read_to_string(self.attribute(name))?;
        }
        for entry in fs::read_dir("/sys/kernel/tmem/stats")? {
            fs::read_to_string(entry?.path())?.trim().parse::<u64>()?;
        }
        Ok(())
    }

    fn use_disk(&self, user: u64) -> Outcome {
        let device = match Device::direct(&Path::new("/dev").join(self.disk)) {
            Ok(device) if device.pages() > 0 => device,
            Ok(_) => return Ok(()),
            Err(error) if ["EBUSY"].contains(&errno_name(&error).as_str()) => return Ok(()),
            Err(error) => return Err(format!("open: {error}").into()),
        };
        let mut memory = Mapping::new(PAGE, Kind::Private)?;
        for page in 0..8 {
            let content = Content::new(Class::Text, self.uses.load(Relaxed) + page);
            content.make(memory.bytes_mut());
            device.write(8 * user + page, memory.bytes())?;
            device.read(8 * user + page, memory.bytes_mut())?;
            content.check(memory.bytes())?;
        }
        self.uses.fetch_add(1, Relaxed);
        // A disk that is open all the time is never reset.
        drop(device);
        thread::sleep(Duration::from_millis(10));
        Ok(())
    }

    fn say_counts(&self) -> Outcome {
        let counts = [
            ("resets", &self.resets),
            ("refused_resets", &self.refused_resets),
            ("sizes", &self.sizes),
            ("uses", &self.uses),
        ];
        for (name, count) in counts {
            println!("{name}={}", count.load(Relaxed));
        }
        let never = counts.iter().find(|(_, count)| count.load(Relaxed) == 0);
        ensure!(
            never.is_none(),
            "no {} in all the time: nothing was contested",
            never.map_or("", |(name, _)| name)
        );
        Ok(())
    }
}
