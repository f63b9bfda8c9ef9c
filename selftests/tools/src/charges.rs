// SPDX-License-Identifier: GPL-2.0
//! Reads what is charged to whom, again and again: each reading must add up.

use crate::ensure;
use crate::outcome::Outcome;
use clap::Args;
use std::fs;
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    /// Such as /sys/kernel/debug/tmem/charges
    file: PathBuf,
    #[arg(long)]
    readings: u64,
}

pub fn run(options: &Options) -> Outcome {
    let mut different = 0;
    let mut before = String::new();
    for number in 0..options.readings {
        let reading = fs::read_to_string(&options.file)?;
        let (sum, stored) = add_up(&reading)?;
        ensure!(
            sum == stored,
            "reading {number}: the sum is {sum}, stored {stored}\n{reading}"
        );
        different += u64::from(reading != before);
        before = reading;
    }
    println!("different={different}");
    Ok(())
}

/// What all pay, and what is said to be stored.
fn add_up(reading: &str) -> Outcome<(u64, u64)> {
    let (mut sum, mut stored) = (0, None);
    for line in reading.lines() {
        let (name, bytes) = line.split_once(' ').ok_or("not two words in a line")?;
        match name {
            "stored" => stored = Some(bytes.parse()?),
            _ => sum += bytes.parse::<u64>()?,
        }
    }
    Ok((sum, stored.ok_or("no line says what is stored")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up() {
        let reading = "1 20\n77 300\nshared 4000\nstored 4320\n";
        assert_eq!(add_up(reading).unwrap(), (4320, 4320));
        assert!(add_up("1 20\n").is_err());
        assert!(add_up("stored -1\n").is_err());
        assert!(add_up("nonsense\n").is_err());
    }
}
