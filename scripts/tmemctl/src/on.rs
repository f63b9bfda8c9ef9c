// SPDX-License-Identifier: GPL-2.0
//! `tmemctl on`: every stage does only what is not done yet, and is written down first.

use crate::amount::human;
use crate::cli::OnOptions;
use crate::disk::{Shape, FIRST};
use crate::error::Error;
use crate::host::Host;
use crate::journal::{Journal, Step};
use crate::lock::{require_root, Lock};
use crate::{module, settings, swaps};

pub fn on(host: &Host, options: &OnOptions) -> Result<(), Error> {
    require_root(host)?;
    let _lock = Lock::take(host)?;
    let mut journal = after_earlier(host)?;
    let kept = journal.len();
    match turn_on(host, &mut journal, options) {
        Ok(()) if journal.len() == kept => {
            host.say("tmem is on already: nothing to do");
            Ok(())
        }
        Ok(()) => journal.finish(),
        Err(error) => Err(roll_back(host, &mut journal, kept, error)),
    }
}

/// The journal of an earlier `on`, or a new one. An `on` that was killed is undone first.
fn after_earlier(host: &Host) -> Result<Journal<'_>, Error> {
    match Journal::open(host)? {
        Some(mut journal) if !journal.is_complete() => {
            host.say("an earlier `tmemctl on` was cut short: undoing what it did");
            journal.undo_to(0)?;
            Ok(Journal::new(host))
        }
        Some(journal) => Ok(journal),
        None => Ok(Journal::new(host)),
    }
}

fn roll_back(host: &Host, journal: &mut Journal, kept: usize, error: Error) -> Error {
    if journal.len() == kept {
        return error;
    }
    host.say("it failed: undoing what was done so far");
    let undone = journal.undo_to(kept).and_then(|()| match kept {
        0 => Ok(()),
        _ => journal.finish(),
    });
    if let Err(second) = undone {
        host.say(&format!(
            "that failed too, `tmemctl off` tries it again: {second}"
        ));
    }
    error
}

fn turn_on(host: &Host, journal: &mut Journal, options: &OnOptions) -> Result<(), Error> {
    module::load(host, journal, options.module.as_deref())?;
    if !FIRST.exists(host) {
        return Err(Error::new("tmem is loaded but has no disk tmem0").remedy(
            "add one: cat /sys/class/tmem-control/hot_add; or load the module without disks=0",
        ));
    }
    let now = FIRST.shape(host);
    let shape = wanted_shape(host, options, &now)?;
    if let Some(swap) = swaps::on(host, &FIRST.device()) {
        refuse_other_wishes(&now, &shape, options.priority, swap.priority)?;
        return settings::apply(host, journal);
    }
    let priority = choose_priority(host, options.priority)?;
    make_swap_area(host, journal, now, &shape)?;
    settings::apply(host, journal)?;
    swap_on(host, journal, priority)
}

fn wanted_shape(host: &Host, options: &OnOptions, now: &Shape) -> Result<Shape, Error> {
    let ram = host
        .meminfo("MemTotal")
        .ok_or_else(|| Error::new("cannot read MemTotal from /proc/meminfo"))?;
    let shape = Shape {
        size: options.size.map_or(now.size, |size| size.bytes(ram)),
        limit: options
            .mem_limit
            .map_or(now.limit, |limit| limit.bytes(ram)),
        algorithm: options
            .algorithm
            .clone()
            .unwrap_or_else(|| now.algorithm.clone()),
    };
    match shape.size {
        0 => Err(Error::new("the disk tmem0 has no size").remedy("give one, such as --size 100%")),
        _ => Ok(shape),
    }
}

/// What is in use cannot be given another shape; saying nothing would look like success.
fn refuse_other_wishes(
    now: &Shape,
    shape: &Shape,
    priority: Option<i32>,
    is: i32,
) -> Result<(), Error> {
    if now == shape && priority.is_none_or(|wanted| wanted == is) {
        return Ok(());
    }
    Err(Error::new(format!(
        "tmem is on already, with other options (size {}, limit {}, algorithm {}, priority {is})",
        human(now.size),
        now.limit_text(),
        now.algorithm
    ))
    .remedy("run `tmemctl off`, then `tmemctl on` again with the options you want"))
}

fn make_swap_area(
    host: &Host,
    journal: &mut Journal,
    now: Shape,
    shape: &Shape,
) -> Result<(), Error> {
    let device = FIRST.device();
    if FIRST.holds_foreign_data(host) {
        return Err(
            Error::new(format!("{device} holds data that is not swap")).remedy(format!(
                "if nobody needs it: echo 1 > {}",
                FIRST.file("reset")
            )),
        );
    }
    let reshape = now != *shape;
    journal.record(Step::Disk { before: now })?;
    if reshape {
        FIRST.reshape(host, shape)?;
    }
    host.run(&["mkswap", &device])?;
    host.say(&format!(
        "made {device} a swap area of {}, limit {}, algorithm {}",
        human(shape.size),
        shape.limit_text(),
        shape.algorithm
    ));
    Ok(())
}

fn swap_on(host: &Host, journal: &mut Journal, priority: i32) -> Result<(), Error> {
    let device = FIRST.device();
    journal.record(Step::Swap)?;
    host.run(&["swapon", "-p", &priority.to_string(), &device])?;
    host.say(&format!("swapped on {device} with priority {priority}"));
    Ok(())
}

fn choose_priority(host: &Host, wanted: Option<i32>) -> Result<i32, Error> {
    let others = swaps::others(host);
    let Some(wanted) = wanted else {
        return swaps::priority_above(&others);
    };
    for swap in others.iter().filter(|swap| swap.priority >= wanted) {
        host.say(&format!(
            "note: {} has priority {}: pages go there before tmem or in turn with it",
            swap.device, swap.priority
        ));
    }
    Ok(wanted)
}
