// SPDX-License-Identifier: GPL-2.0
//! Cgroups that come, put a page, and go: some before it, some after.

use crate::content::{Class, Content, PAGE};
use crate::ensure;
use crate::outcome::Outcome;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use tmem_client::{Handle, Kind, Pool, Tmem};

#[derive(Args)]
pub struct Options {
    /// Where they are made
    #[arg(long, default_value = "/sys/fs/cgroup/churn")]
    parent: PathBuf,
    #[arg(long)]
    cgroups: u64,
    /// Every so many of them, the page stays until the end
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    stays: u64,
}

pub fn run(options: &Options) -> Outcome {
    let home = own_cgroup()?;
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    fs::create_dir_all(&options.parent)?;
    for number in 0..options.cgroups {
        let cgroup = options.parent.join(number.to_string());
        fs::create_dir(&cgroup)?;
        enter(&cgroup)?;
        put(&pool, number)?;
        if number % options.stays != 0 {
            pool.flush_page(handle(number))?;
        }
        enter(&home)?;
        fs::remove_dir(&cgroup)?;
    }
    let mut page = [0; PAGE];
    for number in (0..options.cgroups).step_by(options.stays as usize) {
        ensure!(
            pool.get(handle(number), &mut page)?,
            "page {number} is gone"
        );
        content(number).check(&page)?;
    }
    fs::remove_dir(&options.parent)?;
    Ok(())
}

/// The cgroup that this is in.
fn own_cgroup() -> Outcome<PathBuf> {
    let line = fs::read_to_string("/proc/self/cgroup")?;
    let path = line
        .lines()
        .find_map(|line| line.strip_prefix("0::/"))
        .ok_or("no cgroup v2")?;
    Ok(Path::new("/sys/fs/cgroup").join(path))
}

fn enter(cgroup: &Path) -> Outcome {
    Ok(fs::write(cgroup.join("cgroup.procs"), "0")?)
}

fn put(pool: &Pool<'_>, number: u64) -> Outcome {
    let mut page = [0; PAGE];
    content(number).make(&mut page);
    Ok(pool.put(handle(number), &page)?)
}

fn content(number: u64) -> Content {
    Content::new(Class::Text, number)
}

fn handle(number: u64) -> Handle {
    Handle {
        object: [number / 1000, 0, 0],
        index: number % 1000,
    }
}
