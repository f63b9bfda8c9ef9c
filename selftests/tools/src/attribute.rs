// SPDX-License-Identifier: GPL-2.0
//! One write to a file, as it is: a shell's own may split what it writes.

use crate::outcome::{errno_name, Outcome};
use clap::Args;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    file: PathBuf,
}

pub fn run(options: &Options) -> Outcome {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let written = OpenOptions::new()
        .write(true)
        .open(&options.file)
        .and_then(|mut file| file.write(&bytes));
    match written {
        Ok(count) if count == bytes.len() => println!("ok"),
        Ok(count) => println!("only {count} of {} bytes", bytes.len()),
        Err(error) => println!("{}", errno_name(&error)),
    }
    Ok(())
}
