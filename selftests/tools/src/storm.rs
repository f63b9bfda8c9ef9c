// SPDX-License-Identifier: GPL-2.0
//! Random operations on the pages of a device, from several threads, against a reference held here.
//!
//! A thread locks the reference's entries of the pages it works on, in order: so the reference always says what the next read of
//! a page must give, while different pages, neighbours above all, are worked on at once.

use crate::content::{Class, Content, Rng, PAGE};
use crate::device::Device;
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use clap::Args;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

#[derive(Args)]
pub struct Options {
    device: PathBuf,
    /// Operations on a page, in all
    #[arg(long, default_value_t = 100_000)]
    operations: u64,
    #[arg(long, default_value_t = 4)]
    threads: u64,
    /// How many pages of the device are used
    #[arg(long, default_value_t = 4096)]
    pages: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many contents there are: with few, many pages are equal
    #[arg(long, default_value_t = u64::MAX, value_parser = clap::value_parser!(u64).range(1..))]
    contents: u64,
    /// Writes may be refused; a page then holds what it held, what was written, or nothing
    #[arg(long)]
    refusals: bool,
    /// Leave the content there
    #[arg(long)]
    keep: bool,
}

/// Most pages of one request.
const LONGEST: u64 = 8;

/// What a page was last made to hold; [`None`] after a discard.
type Entry = Mutex<Option<Content>>;

struct Storm<'a> {
    device: &'a Device,
    reference: Vec<Entry>,
    left: AtomicU64,
    contents: u64,
    refusals: Option<AtomicU64>,
}

pub fn run(options: &Options) -> Outcome {
    let device = Device::direct(&options.device)?;
    device.discard(0, options.pages)?;
    let storm = Storm {
        device: &device,
        reference: (0..options.pages).map(|_| Mutex::new(None)).collect(),
        left: AtomicU64::new(options.operations),
        contents: options.contents,
        refusals: options.refusals.then(AtomicU64::default),
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads)
            .map(|number| {
                let storm = &storm;
                scope.spawn(move || storm.work(Rng::new(options.seed * 1000 + number)))
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or(Err("a thread panicked".into())))
    })?;
    storm.verify_all()?;
    storm.say_counts();
    if !options.keep {
        device.discard(0, options.pages)?;
    }
    Ok(())
}

impl Storm<'_> {
    fn work(&self, mut rng: Rng) -> Outcome {
        let mut memory = Mapping::new(LONGEST as usize * PAGE, Kind::Private)?;
        loop {
            let pages = if rng.below(4) == 0 {
                1 + rng.below(LONGEST)
            } else {
                1
            };
            if self
                .left
                .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(pages))
                .is_err()
            {
                return Ok(());
            }
            let first = rng.below(self.reference.len() as u64 - pages + 1);
            let mut entries: Vec<_> = (first..first + pages)
                .map(|page| self.entry(page))
                .collect();
            match rng.below(16) {
                0..8 => self.write(first, &mut entries, &mut memory, &mut rng)?,
                8..14 => self.read(first, &entries, &mut memory)?,
                14 => self.empty(&mut entries, || self.device.discard(first, pages))?,
                _ => self.empty(&mut entries, || self.device.zero(first, pages))?,
            }
        }
    }

    fn entry(&self, page: u64) -> MutexGuard<'_, Option<Content>> {
        // A poisoned entry is one of a failed run, which ends anyway.
        self.reference[page as usize]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(
        &self,
        first: u64,
        entries: &mut [MutexGuard<'_, Option<Content>>],
        memory: &mut Mapping,
        rng: &mut Rng,
    ) -> Outcome {
        let before: Vec<_> = entries.iter().map(|entry| **entry).collect();
        for (index, entry) in entries.iter_mut().enumerate() {
            let content = Content::new(Class::Mixed, rng.below(self.contents));
            content.make(memory.page_mut(index));
            **entry = Some(content);
        }
        let written = self
            .device
            .write(first, &memory.bytes()[..entries.len() * PAGE]);
        match (written, &self.refusals) {
            (Ok(()), _) => Ok(()),
            (Err(error), None) => Err(error.into()),
            (Err(_), Some(refusals)) => {
                refusals.fetch_add(1, Relaxed);
                self.find_out(first, entries, &before, memory)
            }
        }
    }

    /// After a refused write: the reference takes over what each page holds, if that can be.
    fn find_out(
        &self,
        first: u64,
        entries: &mut [MutexGuard<'_, Option<Content>>],
        before: &[Option<Content>],
        memory: &mut Mapping,
    ) -> Outcome {
        for (index, entry) in entries.iter_mut().enumerate() {
            let page = first + index as u64;
            self.device.read(page, memory.page_mut(0))?;
            let held = [**entry, before[index], None]
                .into_iter()
                .find(|held| held.unwrap_or(Content::EMPTY).check(memory.page(0)).is_ok());
            **entry = held.ok_or(format!("page {page}: not what was ever written to it"))?;
        }
        Ok(())
    }

    fn read(
        &self,
        first: u64,
        entries: &[MutexGuard<'_, Option<Content>>],
        memory: &mut Mapping,
    ) -> Outcome {
        self.device
            .read(first, &mut memory.bytes_mut()[..entries.len() * PAGE])?;
        for (index, entry) in entries.iter().enumerate() {
            let wanted = entry.unwrap_or(Content::EMPTY);
            wanted
                .check(memory.page(index))
                .map_err(|difference| format!("page {}: {difference}", first + index as u64))?;
        }
        Ok(())
    }

    fn empty(
        &self,
        entries: &mut [MutexGuard<'_, Option<Content>>],
        request: impl Fn() -> std::io::Result<()>,
    ) -> Outcome {
        request()?;
        entries.iter_mut().for_each(|entry| **entry = None);
        Ok(())
    }

    fn verify_all(&self) -> Outcome {
        let mut memory = Mapping::new(PAGE, Kind::Private)?;
        (0..self.reference.len() as u64)
            .try_for_each(|page| self.read(page, &[self.entry(page)], &mut memory))
    }

    /// What the device's own figures must say.
    fn say_counts(&self) {
        if let Some(refusals) = &self.refusals {
            println!("refusals={}", refusals.load(Relaxed));
        }
        let held = || (0..self.reference.len() as u64).filter_map(|page| *self.entry(page));
        println!("pages={}", held().count());
        println!(
            "same_filled={}",
            held().filter(|content| content.is_same_filled()).count()
        );
    }
}
