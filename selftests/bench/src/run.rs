// SPDX-License-Identifier: GPL-2.0
//! Runs a part in its guest: passes its progress on, and takes its figures.

use crate::args::Args;
use crate::figures::{self, Figure, Line, Machine};
use crate::interrupt;
use crate::part::Part;
use crate::results::PartResult;
use crate::stage::{self, Corpus};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn say(&self, line: &str) {
        eprintln!("[{:4} s] {line}", self.0.elapsed().as_secs());
    }
}

/// What a guest has printed.
#[derive(Debug, Default, PartialEq)]
struct Printed {
    machine: Option<Machine>,
    figures: Vec<Figure>,
}

/// The part's figures, or why there are none.
pub fn run(args: &Args, part: Part, corpus: &Corpus, clock: &Clock) -> PartResult {
    let start = Instant::now();
    let mut result = PartResult {
        revision: args.revision.clone(),
        date: args.date.clone(),
        seconds: 0,
        quick: args.quick,
        here: args.here,
        failure: None,
        machine: None,
        figures: Vec::new(),
    };
    let printed = measure(args, part, corpus, clock);
    result.seconds = start.elapsed().as_secs();
    match printed {
        Ok((printed, staged)) => {
            result.machine = printed.machine;
            result.figures = printed.figures;
            if part == Part::Corpus {
                result.failure = corpus.keep(&staged, &result).err();
            }
        }
        Err(failure) => result.failure = Some(failure),
    }
    result
}

fn measure(
    args: &Args,
    part: Part,
    corpus: &Corpus,
    clock: &Clock,
) -> Result<(Printed, PathBuf), String> {
    if part.needs_corpus() && corpus.result().is_none() {
        return Err("there is no corpus".into());
    }
    let staged = stage::stage(args, part, corpus)?;
    let mut child = spawn(args, part, &staged)
        .map_err(|error| format!("cannot run {}: {error}", args.guest.display()))?;
    let printed = converse(&mut child, part, clock);
    let status = interrupt::wait(&mut child).map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("the guest's {status} (above: why)"));
    }
    Ok((printed?, staged))
}

/// It leads a process group, which ends as a whole; it ends even if this program is killed.
fn spawn(args: &Args, part: Part, share: &Path) -> io::Result<Child> {
    let quick = if args.quick { " --quick" } else { "" };
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM"])
        .arg(&args.guest)
        .env("RUN", format!("bash /mnt/share/guest/{part}.sh{quick}"))
        .env("SHARE", share)
        .env("TIMEOUT", part.timeout().to_string())
        .envs(part.guest(args.here).iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if part == Part::Corpus {
        command.env("PACKAGES", &args.packages);
    }
    let child = command.spawn()?;
    interrupt::ends_with_us(&child);
    Ok(child)
}

fn converse(child: &mut Child, part: Part, clock: &Clock) -> Result<Printed, String> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| err.map(|err| relay(err, clock)));
        out.map_or(Ok(Printed::default()), |out| collect(out, part))
    })
}

fn relay(from: impl Read, clock: &Clock) {
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        clock.say(without_time(&String::from_utf8_lossy(&line)));
    }
}

/// The guest's own clock may be that of counted instructions.
fn without_time(line: &str) -> &str {
    match line.split_once(" s] ") {
        Some((time, rest)) if time.starts_with('[') => rest,
        _ => line,
    }
}

/// All lines are read whatever they are: the guest must not wait for us.
fn collect(from: impl Read, part: Part) -> Result<Printed, String> {
    let mut printed = Printed::default();
    let mut wrong = None;
    for line in BufReader::new(from).lines() {
        let line = line.map_err(|error| error.to_string())?;
        match figures::parse(&line) {
            Ok(Line::Machine { machine }) => printed.machine = Some(machine),
            Ok(Line::Figure(figure)) if figure.part == part => printed.figures.push(figure),
            Ok(Line::Figure(_)) => {
                wrong = wrong.or(Some(format!("a figure of another part: {line}")))
            }
            Err(error) => wrong = wrong.or(Some(error)),
        }
    }
    match wrong {
        Some(wrong) => Err(wrong),
        None if printed.machine.is_none() => Err("it did not say which machine it ran on".into()),
        None if printed.figures.is_empty() => Err("it printed no figure".into()),
        None => Ok(printed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = r#"{"machine":{"kernel":"k","accelerator":"a","cpus":1,"memory_mib":1}}"#;
    const FIGURE: &str = r#"{"part":"cost","what":"put","value":1}"#;

    fn collected(lines: &[&str]) -> Result<Printed, String> {
        collect(lines.join("\n").as_bytes(), Part::Cost)
    }

    #[test]
    fn takes_a_machine_and_figures() {
        let printed = collected(&[MACHINE, FIGURE, FIGURE]).unwrap();
        assert_eq!(printed.figures.len(), 2);
    }

    #[test]
    fn what_is_incomplete_or_strange_is_a_failure() {
        let other = FIGURE.replace("cost", "swap");
        for lines in [
            vec![],
            vec![MACHINE],
            vec![FIGURE],
            vec![MACHINE, &other],
            vec![MACHINE, FIGURE, "hello"],
        ] {
            assert!(collected(&lines).is_err(), "{lines:?}");
        }
    }

    #[test]
    fn one_clock_is_enough() {
        assert_eq!(without_time("[  12 s] cost: tmem"), "cost: tmem");
        assert_eq!(without_time("guest: 3 s] KVM"), "guest: 3 s] KVM");
    }
}
