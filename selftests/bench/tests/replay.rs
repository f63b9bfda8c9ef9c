// SPDX-License-Identifier: GPL-2.0
//! tmem-replay as a whole, on a trace that is made here.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tmem_core::trace::{Event, Record};

/// Round by round, forty pages are put, and got back from slots that the next round uses otherwise.
fn trace() -> Vec<u8> {
    let mut time = 0;
    let mut record = |event, slot, key| {
        time += 1;
        let record = Record {
            key,
            ..Record::new(event, time, 0, slot)
        };
        record.to_bytes()
    };
    let mut bytes = Vec::new();
    for round in 0..5 {
        for page in 0..40 {
            bytes.extend(record(Event::Put, (page + round) % 40, 100 + page));
        }
        for slot in 0..40 {
            bytes.extend(record(Event::Get, slot, 0));
            bytes.extend(record(Event::Flush, slot, 0));
        }
    }
    bytes.extend(record(Event::Lost, 0, 3));
    bytes
}

fn replay(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tmem-replay"));
    command
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn in_folder(work: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("made.trace"), trace()).unwrap();
    work(folder.path());
}

#[test]
fn tables_and_a_plot() {
    in_folder(|folder| {
        let output = replay(folder, &["made.trace", "--plot", "misses.png"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success());
        assert!(text.contains(
            "200 puts (0 named by content), 200 gets, at most 40 pages at once; 3 RECORDS LOST"
        ));
        for policy in ["second chance", "S3-FIFO", "OPT", "tmem"] {
            assert!(text.contains(&format!("  {policy} ")), "{policy} in {text}");
        }
        let picture = fs::read(folder.join("misses.png")).unwrap();
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 5000);
    });
}

#[test]
fn json_has_each_cell() {
    in_folder(|folder| {
        for options in [
            &["made.trace", "--json"][..],
            &["made.trace", "--json", "--ephemeral"],
        ] {
            let output = replay(folder, options);
            let traces: Value = serde_json::from_slice(&output.stdout).unwrap();
            let cells = traces[0]["cells"].as_array().unwrap();
            let frames: Vec<_> = cells.iter().map(|cell| cell["frames"].as_u64()).collect();
            assert_eq!(frames, [Some(5), Some(10), Some(20)]);
            for (cell, kept) in cells.iter().zip([5, 10, 20]) {
                let misses = |policy: &str| cell["misses"][policy].as_u64();
                assert_eq!(misses("OPT"), Some(200 - 5 * kept));
                assert!(misses("LRU") >= misses("OPT"));
            }
        }
    });
}

#[test]
fn what_is_no_trace_is_said() {
    in_folder(|folder| {
        fs::write(folder.join("text"), "no trace").unwrap();
        for (file, said) in [("text", "it is no trace"), ("none", "cannot read none")] {
            let output = replay(folder, &[file]);
            let text = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && text.contains(said), "{text}");
        }
    });
}
