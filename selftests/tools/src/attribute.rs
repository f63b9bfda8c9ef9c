// SPDX-License-Identifier: GPL-2.0
//! Writes to a file, each one write(2) as it is: a shell's own may split what it writes.

use crate::outcome::{errno_name, Outcome};
use clap::Args;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Options {
    file: PathBuf,
    /// What to write: \n, \t, \0 and \xHH are read as in C
    texts: Vec<String>,
}

pub fn run(options: &Options) -> Outcome {
    for text in &options.texts {
        println!("{}", write(&options.file, &unescaped(text)?));
    }
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> String {
    let written = OpenOptions::new()
        .write(true)
        .open(file)
        .and_then(|mut file| file.write(bytes));
    match written {
        Ok(count) if count == bytes.len() => "ok".into(),
        Ok(count) => format!("only {count} of {} bytes", bytes.len()),
        Err(error) => errno_name(&error),
    }
}

fn unescaped(text: &str) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => escape(&mut rest)?,
            plain => plain,
        });
    }
    Ok(bytes)
}

fn escape(rest: &mut impl Iterator<Item = u8>) -> Outcome<u8> {
    match rest.next() {
        Some(b'n') => Ok(b'\n'),
        Some(b't') => Ok(b'\t'),
        Some(b'0') => Ok(0),
        Some(b'x') => {
            let digits: String = rest.take(2).map(char::from).collect();
            Ok(u8::from_str_radix(&digits, 16)?)
        }
        _ => Err("an escape other than \\n, \\t, \\0, \\xHH".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_escapes() {
        assert_eq!(unescaped(r"5M\0\n\xff-").unwrap(), b"5M\0\n\xff-");
        assert!(unescaped(r"\q").is_err());
        assert!(unescaped(r"\x4").is_ok() && unescaped(r"\xzz").is_err());
    }
}
