// SPDX-License-Identifier: GPL-2.0
//! /proc/swaps, and the priority tmem should have among what stands there.

use crate::error::Error;
use crate::host::Host;

/// What zram's users give zram; higher only where it must be.
const USUAL_PRIORITY: i32 = 100;
const HIGHEST_PRIORITY: i32 = 32767;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    pub device: String,
    pub size_bytes: u64,
    pub used_bytes: u64,
    pub priority: i32,
}

impl Swap {
    pub fn free_bytes(&self) -> u64 {
        self.size_bytes.saturating_sub(self.used_bytes)
    }

    pub fn is_tmem(&self) -> bool {
        self.device.starts_with("/dev/tmem")
    }
}

pub fn all(host: &Host) -> Vec<Swap> {
    let table = host.text("/proc/swaps").unwrap_or_default();
    table.lines().skip(1).filter_map(parse).collect()
}

/// The swap on this device (such as `/dev/tmem0`), if it is swapped on.
pub fn on(host: &Host, device: &str) -> Option<Swap> {
    all(host).into_iter().find(|swap| swap.device == device)
}

/// Everything but tmem's own disks.
pub fn others(host: &Host) -> Vec<Swap> {
    all(host)
        .into_iter()
        .filter(|swap| !swap.is_tmem())
        .collect()
}

/// `NAME TYPE SIZE USED PRIORITY`, sizes in KiB. White space in names is escaped by the
/// kernel; a removed file's name is followed by ` (deleted)`, also escaped.
fn parse(line: &str) -> Option<Swap> {
    let mut fields = line.split_whitespace();
    Some(Swap {
        device: fields.next()?.to_string(),
        size_bytes: kib(fields.nth(1)?)?,
        used_bytes: kib(fields.next()?)?,
        priority: fields.next()?.parse().ok()?,
    })
}

fn kib(number: &str) -> Option<u64> {
    number.parse::<u64>().ok()?.checked_mul(1024)
}

/// A priority above every other swap's.
pub fn priority_above(others: &[Swap]) -> Result<i32, Error> {
    let highest = others.iter().max_by_key(|swap| swap.priority);
    match highest {
        Some(swap) if swap.priority >= HIGHEST_PRIORITY => Err(Error::new(format!(
            "{} has the highest swap priority there is ({HIGHEST_PRIORITY}): nothing can come before it",
            swap.device
        ))
        .remedy(format!("swap it on again with a lower one: swapoff {0} && swapon -p 0 {0}", swap.device))),
        Some(swap) => Ok(USUAL_PRIORITY.max(swap.priority + 1)),
        None => Ok(USUAL_PRIORITY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swap(device: &str, priority: i32) -> Swap {
        Swap {
            device: device.into(),
            size_bytes: 1048572 * 1024,
            used_bytes: 0,
            priority,
        }
    }

    #[test]
    fn reads_a_line_of_the_table() {
        let line = "/dev/vda2                               partition\t1048572\t\t512\t\t-2";
        let expected = Swap {
            used_bytes: 512 * 1024,
            ..swap("/dev/vda2", -2)
        };
        assert_eq!(parse(line), Some(expected));
        assert_eq!(
            parse(r"/swap\040file file 8 4 0").unwrap().device,
            r"/swap\040file"
        );
        assert_eq!(parse("Filename Type Size Used Priority"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn goes_above_what_is_there() {
        assert_eq!(priority_above(&[]).unwrap(), 100);
        assert_eq!(priority_above(&[swap("/dev/vda2", -2)]).unwrap(), 100);
        assert_eq!(
            priority_above(&[swap("/dev/vda2", -2), swap("/dev/zram0", 100)]).unwrap(),
            101
        );
        let error = priority_above(&[swap("/dev/zram0", 32767)])
            .unwrap_err()
            .to_string();
        assert!(error.contains("swapoff /dev/zram0"), "{error}");
    }
}
