// SPDX-License-Identifier: GPL-2.0
//! What is kept of runs: results.json, where each part has its last figures, and the history, which has them for each way
//! to run a part.

use crate::figures::{Figure, Machine};
use crate::part::Part;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Parts may be of different runs: each says what was measured, when and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartResult {
    pub revision: String,
    pub date: String,
    pub seconds: u64,
    pub quick: bool,
    pub here: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    #[serde(default)]
    pub figures: Vec<Figure>,
}

impl PartResult {
    /// Only figures that were measured the same way can be compared.
    pub fn mode(&self) -> String {
        let quick = if self.quick { " --quick" } else { "" };
        let here = if self.here { " --here" } else { "" };
        format!("{quick}{here}")
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub parts: BTreeMap<Part, PartResult>,
}

impl Results {
    /// Those of an earlier run, if there was one.
    pub fn load(path: &Path) -> Result<Self, String> {
        load(path)
    }

    pub fn save(&self, path: &Path) -> Result<(), String> {
        save(path, self)
    }

    /// Of a part that did not fail.
    pub fn part(&self, part: Part) -> Option<&PartResult> {
        let result = self.parts.get(&part)?;
        result.failure.is_none().then_some(result)
    }

    pub fn figures(&self, part: Part) -> &[Figure] {
        self.part(part).map_or(&[], |result| &result.figures)
    }
}

/// The last good figures of each part, by its name and the options it ran with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History(BTreeMap<String, PartResult>);

impl History {
    pub fn load(path: &Path) -> Result<Self, String> {
        load(path)
    }

    pub fn save(&self, path: &Path) -> Result<(), String> {
        save(path, self)
    }

    pub fn remember(&mut self, part: Part, result: &PartResult) {
        if result.failure.is_none() {
            self.0.insert(key(part, result), result.clone());
        }
    }

    /// What was measured before in the same way.
    pub fn before(&self, part: Part, now: &PartResult) -> Option<&PartResult> {
        self.0.get(&key(part, now))
    }
}

impl From<Results> for History {
    fn from(results: Results) -> Self {
        let mut history = Self::default();
        for (part, result) in &results.parts {
            history.remember(*part, result);
        }
        history
    }
}

fn key(part: Part, result: &PartResult) -> String {
    format!("{part}{}", result.mode())
}

/// A file that is not there yet has nothing in it.
fn load<T: DeserializeOwned + Default>(path: &Path) -> Result<T, String> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|error| format!("{} is damaged ({error}): remove it", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Whole or not at all.
pub fn save(path: &Path, value: &impl Serialize) -> Result<(), String> {
    let said = |error: &dyn std::fmt::Display| format!("cannot write {}: {error}", path.display());
    let text = serde_json::to_string_pretty(value).map_err(|error| said(&error))?;
    let new = path.with_extension("new");
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| said(&error))?;
    }
    fs::write(&new, text + "\n").map_err(|error| said(&error))?;
    fs::rename(&new, path).map_err(|error| said(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/results.json");
        assert_eq!(Results::load(&path), Ok(Results::default()));
        let results = fixture::results();
        results.save(&path).unwrap();
        assert_eq!(Results::load(&path), Ok(results));
    }

    #[test]
    fn a_damaged_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        fs::write(&path, "{").unwrap();
        assert!(Results::load(&path).unwrap_err().contains("remove it"));
    }

    #[test]
    fn history_tells_ways_to_measure_apart_and_forgets_failures() {
        let mut history = History::from(fixture::results());
        let now = fixture::part(Part::Cost);
        assert_eq!(history.before(Part::Cost, &now), Some(&now));
        let quick = PartResult {
            quick: true,
            ..now.clone()
        };
        assert_eq!(history.before(Part::Cost, &quick), None);
        let failed = PartResult {
            failure: Some("why".into()),
            ..now.clone()
        };
        history.remember(Part::Cost, &failed);
        assert_eq!(history.before(Part::Cost, &now), Some(&now));
    }
}
