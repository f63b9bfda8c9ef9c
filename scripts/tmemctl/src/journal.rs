// SPDX-License-Identifier: GPL-2.0
//! What `on` did, in /run/tmem/state, so that it can be undone: by `off`, by `on` itself when a
//! later step fails, or after a crash. A step is written down before it is taken; undoing
//! a step that was never taken does nothing.

use crate::amount::human;
use crate::disk::{Shape, FIRST};
use crate::error::Error;
use crate::host::Host;
use crate::lock::DIRECTORY;
use crate::{module, settings, swaps};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// tmem and the modules it needs that were not there before.
    Load {
        needs: Vec<String>,
    },
    /// The first disk was reshaped or a swap header written to it.
    Disk {
        before: Shape,
    },
    Setting {
        path: String,
        before: String,
        after: String,
    },
    Swap,
}

#[derive(Default, Deserialize, Serialize)]
struct State {
    /// False while `on` is at work, and after it was killed.
    complete: bool,
    steps: Vec<Step>,
}

pub struct Journal<'a> {
    host: &'a Host,
    state: State,
}

impl<'a> Journal<'a> {
    /// What an earlier `on` left; nothing if tmemctl has nothing to undo.
    pub fn open(host: &'a Host) -> Result<Option<Self>, Error> {
        let path = state_path();
        let text = match fs::read_to_string(host.path(&path)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::new(format!("cannot read {path}: {error}"))),
        };
        let state = serde_json::from_str(&text).map_err(|error| {
            Error::new(format!("cannot make sense of {path}: {error}")).remedy(format!(
                "undo by hand (swapoff /dev/tmem0; rmmod tmem; settings as you want them), then remove {path}"
            ))
        })?;
        Ok(Some(Self { host, state }))
    }

    pub fn new(host: &'a Host) -> Self {
        Self {
            host,
            state: State::default(),
        }
    }

    pub fn is_complete(&self) -> bool {
        self.state.complete
    }

    /// How many steps there are to undo.
    pub fn len(&self) -> usize {
        self.state.steps.len()
    }

    /// Writes a step down; to be called before it is taken.
    pub fn record(&mut self, step: Step) -> Result<(), Error> {
        self.state.complete = false;
        self.state.steps.push(step);
        self.save()
    }

    pub fn finish(&mut self) -> Result<(), Error> {
        self.state.complete = true;
        self.save()
    }

    /// Undoes the last steps until `keep` are left. Stops at the first that cannot be undone;
    /// it and those before it stay written down, for another try.
    pub fn undo_to(&mut self, keep: usize) -> Result<(), Error> {
        while let Some(step) = self.state.steps.last() {
            if self.len() == keep {
                break;
            }
            undo(self.host, step)?;
            self.state.steps.pop();
            self.save()?;
        }
        Ok(())
    }

    /// Nothing left to undo leaves no file; otherwise it is replaced in one go.
    fn save(&self) -> Result<(), Error> {
        let path = self.host.path(&state_path());
        let write = || {
            if self.state.steps.is_empty() {
                return match fs::remove_file(&path) {
                    Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                };
            }
            let new = path.with_extension("new");
            fs::create_dir_all(self.host.path(DIRECTORY))?;
            fs::write(&new, serde_json::to_vec_pretty(&self.state)?)?;
            fs::rename(&new, &path)
        };
        write().map_err(|error| Error::new(format!("cannot write {}: {error}", path.display())))
    }
}

fn state_path() -> String {
    format!("{DIRECTORY}/state")
}

fn undo(host: &Host, step: &Step) -> Result<(), Error> {
    match step {
        Step::Swap => swap_off(host),
        Step::Setting {
            path,
            before,
            after,
        } => settings::restore(host, path, before, after),
        Step::Disk { before } => empty_disk(host, before),
        Step::Load { needs } => module::unload(host, needs),
    }
}

fn swap_off(host: &Host) -> Result<(), Error> {
    let device = FIRST.device();
    let Some(swap) = swaps::on(host, &device) else {
        return Ok(());
    };
    if swap.used_bytes > 0 {
        host.say(&format!(
            "moving {} from {device} back to memory...",
            human(swap.used_bytes)
        ));
    }
    host.run(&["swapoff", &device]).map_err(|error| {
        error.remedy(format!(
            "{device} is still on and keeps its pages. They need {} of memory or of another swap: make room, then run `tmemctl off` again",
            human(swap.used_bytes)
        ))
    })?;
    host.say(&format!("swapped off {device}"));
    Ok(())
}

fn empty_disk(host: &Host, before: &Shape) -> Result<(), Error> {
    if FIRST.exists(host) {
        FIRST.reshape(host, before)?;
        host.say(&format!("emptied {}", FIRST.device()));
    }
    Ok(())
}
