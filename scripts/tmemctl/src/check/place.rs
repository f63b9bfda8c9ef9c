// SPDX-License-Identifier: GPL-2.0
//! tmem among its neighbours: root, zswap in front, other swap, hibernation.

use super::Finding;
use super::Severity::{Note, Ok, Warning};
use crate::disk::{self, Disk, FIRST};
use crate::host::Host;
use crate::settings::ZSWAP;
use crate::{module, swaps};

pub fn root(host: &Host) -> Finding {
    match host.is_root() {
        true => Finding::new("root", Ok, "yes"),
        false => Finding::new(
            "root",
            Warning,
            "not root: `tmemctl on` and `off` need it, and this check may miss something",
        )
        .remedy("sudo tmemctl check"),
    }
}

pub fn in_use(host: &Host) -> Finding {
    let device = FIRST.device();
    match swaps::on(host, &device) {
        Some(swap) => Finding::new(
            "swap",
            Ok,
            format!("{device} is swapped on with priority {}", swap.priority),
        ),
        None if module::is_loaded(host) => Finding::new(
            "swap",
            Note,
            format!("tmem is loaded, but {device} is not swapped on"),
        )
        .remedy("tmemctl on"),
        None => Finding::new("swap", Note, "tmem is not on").remedy("tmemctl on"),
    }
}

pub fn zswap(host: &Host) -> Finding {
    let finding = |severity, what| Finding::new("zswap", severity, what);
    match host.text(ZSWAP).as_deref() {
        None => finding(Ok, "not in this kernel"),
        Some("N") => finding(Ok, "off"),
        Some(_) if swaps::on(host, &FIRST.device()).is_none() => {
            finding(Note, "on: it would keep pages from tmem; `tmemctl on` switches it off")
        }
        Some(_) => finding(Warning, "on, in front of tmem: it compresses the pages first, and tmem gets what zswap gives up")
            .remedy(format!("echo N > {ZSWAP}\nand for the next boots: zswap.enabled=0 on the kernel command line")),
    }
}

pub fn priority(host: &Host) -> Finding {
    let others = swaps::others(host);
    let Some(tmem) = swaps::on(host, &FIRST.device()) else {
        return match swaps::priority_above(&others) {
            Result::Ok(priority) => Finding::new(
                "priority",
                Ok,
                format!("`tmemctl on` can come before all other swap, with {priority}"),
            ),
            Err(error) => Finding {
                remedy: error.remedy,
                ..Finding::new("priority", Warning, error.what)
            },
        };
    };
    let ahead: Vec<_> = others
        .iter()
        .filter(|swap| swap.priority >= tmem.priority)
        .collect();
    let Some(first) = ahead.first() else {
        return Finding::new("priority", Ok, "tmem comes before all other swap");
    };
    let names: Vec<_> = ahead
        .iter()
        .map(|swap| format!("{} ({})", swap.device, swap.priority))
        .collect();
    let what = format!(
        "used before tmem or in turn with it ({}): {}",
        tmem.priority,
        names.join(", ")
    );
    Finding::new("priority", Warning, what).remedy(format!(
        "tmemctl off && tmemctl on     # takes a priority above them\nor: swapoff {0} && swapon -p 0 {0}",
        first.device
    ))
}

/// A hibernation image written to memory would be lost with the power.
pub fn resume_device(host: &Host) -> Option<Finding> {
    let resume = host
        .text("/sys/power/resume")
        .filter(|device| device != "0:0");
    let command_line = host.text("/proc/cmdline").unwrap_or_default();
    let named = command_line
        .split_whitespace()
        .any(|word| word.starts_with("resume=/dev/tmem"));
    let is_tmem = disk::names(host)
        .iter()
        .any(|name| resume.is_some() && host.text(&Disk { name }.file("dev")) == resume);
    (named || is_tmem).then(|| {
        Finding::new("hibernation", Warning, "a tmem disk is the resume device: the image would be lost with the power")
            .remedy("take resume= off the kernel command line, or name a real disk there; until then: echo 0:0 > /sys/power/resume")
    })
}
