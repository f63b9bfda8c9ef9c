// SPDX-License-Identifier: GPL-2.0
//! The whole program, with a script (guest.sh) in place of the guest.

use rustix::io::Errno;
use rustix::process::{kill_process, test_kill_process_group, Pid, Signal};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Place(TempDir);

struct Ended {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest.sh");
        std::os::unix::fs::symlink(script, place.path("guest")).unwrap();
        fs::create_dir(place.path("scripts")).unwrap();
        fs::create_dir(place.path("cache")).unwrap();
        fs::write(place.path("index"), "Package: a\n").unwrap();
        place
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().into()
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tmem-bench"));
        for (option, name) in [
            ("--guest", "guest"),
            ("--scripts", "scripts"),
            ("--corpus", "cache/key"),
            ("--index", "index"),
            ("--out", "out"),
            ("--history", "cache/last.json"),
        ] {
            command.arg(option).arg(self.path(name));
        }
        let fixed = ["--packages", "git", "--revision", "r", "--date", "d"];
        let streams = command
            .args(fixed)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        streams.spawn().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.start(arguments).wait_with_output().unwrap();
        Ended {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn results(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("out/results.json")).unwrap()).unwrap()
    }
}

#[test]
fn a_part_and_its_corpus() {
    let place = Place::new();
    let first = place.run(&["cost"]);
    assert_eq!(first.status, Some(0), "{}", first.err);
    assert!(
        first.err.contains(" s] corpus: hello") && first.out.contains("0.600"),
        "{}",
        first.out
    );
    assert!(Path::new(&place.path("out/cost.png")).exists());
    let again = place.run(&["cost"]);
    assert!(!again.err.contains("corpus: hello"), "the corpus is kept");
    assert!(again.out.contains("none of 2 figures"), "{}", again.out);
}

#[test]
fn a_part_replaces_its_own_figures_only() {
    let place = Place::new();
    place.run(&["cost"]);
    let json = place.run(&["scale", "--json"]);
    let results: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(results, place.results());
    for part in ["corpus", "cost", "scale"] {
        assert!(
            results["parts"][part]["figures"][0]["value"].is_number(),
            "{part}"
        );
    }
}

#[test]
fn a_part_that_fails_leaves_the_others_theirs() {
    let place = Place::new();
    fs::write(place.path("fails"), "scale").unwrap();
    let ended = place.run(&["cost", "scale"]);
    assert_eq!(ended.status, Some(1));
    assert!(
        ended.out.contains("scale: d, r") && ended.out.contains("FAILED"),
        "{}",
        ended.out
    );
    let parts = &place.results()["parts"];
    assert_eq!(parts["scale"]["figures"], Value::Array(vec![]));
    assert_eq!(parts["cost"]["failure"], Value::Null);
}

#[test]
fn without_a_corpus_nothing_is_made_of_it() {
    let place = Place::new();
    fs::write(place.path("fails"), "corpus").unwrap();
    let ended = place.run(&["cost"]);
    assert_eq!(ended.status, Some(1));
    assert!(
        ended.out.contains("FAILED: there is no corpus"),
        "{}",
        ended.out
    );
    assert!(!Path::new(&place.path("cache/key")).exists());
}

#[test]
fn a_signal_ends_the_guest_as_well() {
    let place = Place::new();
    fs::write(place.path("hangs"), "scale").unwrap();
    let mut program = place.start(&["scale"]);
    let group = loop {
        sleep(Duration::from_millis(20));
        if let Some(group) = group_of_child(program.id()) {
            break group;
        }
    };
    let start = Instant::now();
    let id = Pid::from_child(&program);
    kill_process(id, Signal::Int).unwrap();
    assert_eq!(program.wait().unwrap().code(), Some(130));
    assert!(start.elapsed().as_secs() < 20, "it was not told");
    let left = test_kill_process_group(group);
    assert_eq!(left, Err(Errno::SRCH), "somebody is left");
}

/// The guest, when it hangs.
fn group_of_child(id: u32) -> Option<Pid> {
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
    let child = children.split_whitespace().next()?;
    let command = fs::read_to_string(format!("/proc/{child}/cmdline")).ok()?;
    let is_there = command.starts_with("sleep");
    is_there.then(|| Pid::from_raw(child.parse().ok()?))?
}
