// SPDX-License-Identifier: GPL-2.0
//! One of those who work at once: it has pages of its own, and a range of each device.

use super::{ticks, Plan, Shared, Step, REQUEST, WHAT};
use crate::content::PAGE;
use crate::device::Device;
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use crate::page_cost::compare;
use std::io;
use std::path::PathBuf;

const BYTES: usize = REQUEST * PAGE;

struct Worker {
    devices: Vec<Device>,
    plan: Plan,
    number: usize,
    pages: Mapping,
    back: Mapping,
    /// When each request of a step began, and when the last ended.
    times: Vec<u64>,
}

pub fn run(
    devices: &[PathBuf],
    plan: Plan,
    pages: &Mapping,
    shared: &Shared,
    number: usize,
) -> Outcome {
    let mut worker = Worker::new(devices, plan, pages, number)?;
    for step in plan.steps() {
        shared.meet();
        worker.measure(step)?;
        shared.note(number, step, &worker.times);
        // What is not timed is done when nobody is.
        shared.meet();
        if WHAT[step.what] == "get" {
            compare(&worker.pages, &worker.back)?;
            worker.forget(step)?;
        }
    }
    Ok(())
}

impl Worker {
    fn new(devices: &[PathBuf], plan: Plan, pages: &Mapping, number: usize) -> Outcome<Self> {
        let devices = devices.iter().map(|path| Device::direct(path));
        let mut own = Mapping::new(plan.requests * BYTES, Kind::Private)?;
        // Every so many requests, so that all workers have pages alike.
        for request in 0..plan.requests {
            let theirs = (request * plan.threads + number) * BYTES;
            own.bytes_mut()[request * BYTES..][..BYTES]
                .copy_from_slice(&pages.bytes()[theirs..][..BYTES]);
        }
        let mut back = Mapping::new(plan.requests * BYTES, Kind::Private)?;
        back.bytes_mut().fill(0x55);
        Ok(Self {
            devices: devices.collect::<io::Result<_>>()?,
            plan,
            number,
            pages: own,
            back,
            times: vec![0; plan.requests + 1],
        })
    }

    fn measure(&mut self, step: Step) -> io::Result<()> {
        let device = &self.devices[step.device];
        let first = self.number * self.plan.requests * REQUEST;
        self.times[0] = ticks();
        for request in 0..self.plan.requests {
            let page = (first + request * REQUEST) as u64;
            let range = request * BYTES..(request + 1) * BYTES;
            match WHAT[step.what] {
                "put" => device.write(page, &self.pages.bytes()[range])?,
                _ => device.read(page, &mut self.back.bytes_mut()[range])?,
            }
            self.times[request + 1] = ticks();
        }
        Ok(())
    }

    /// What was put is nowhere any more, and what was got is not taken for what will be.
    fn forget(&mut self, step: Step) -> io::Result<()> {
        let pages = self.plan.requests * REQUEST;
        self.back.bytes_mut().fill(0x55);
        self.devices[step.device].discard((self.number * pages) as u64, pages as u64)
    }
}
