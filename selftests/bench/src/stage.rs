// SPDX-License-Identifier: GPL-2.0
//! The folder that a guest sees as /mnt/share: the scripts in guest/, the pages in corpus/. And where the corpus is kept.

use crate::args::Args;
use crate::part::Part;
use crate::results::{self, PartResult};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A corpus in the cache: SOURCE.pages, and what its making has said.
pub struct Corpus(PathBuf);

impl Corpus {
    /// A quick run does with the whole corpus, if it is there.
    pub fn new(args: &Args) -> Self {
        let whole = Self(args.corpus.clone());
        if !args.quick || whole.result().is_some() {
            return whole;
        }
        Self(beside(&args.corpus, "-quick"))
    }

    /// How it was made; nothing if it is not there.
    pub fn result(&self) -> Option<PartResult> {
        let text = fs::read(self.0.join("corpus.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Makes it known: from the staging folder that its part has filled.
    pub fn keep(&self, staged: &Path, result: &PartResult) -> Result<(), String> {
        let made = staged.join("corpus");
        results::save(&made.join("corpus.json"), result)?;
        let said = |error| format!("cannot keep the corpus in {}: {error}", self.0.display());
        remove(&self.0).map_err(said)?;
        fs::rename(&made, &self.0).map_err(said)?;
        remove(staged).map_err(said)
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Prepares it for the part. The corpus is made aside, where it can be renamed.
pub fn stage(args: &Args, part: Part, corpus: &Corpus) -> Result<PathBuf, String> {
    let folder = match part {
        Part::Corpus => beside(&corpus.0, ".new"),
        _ => args.out.join("stage"),
    };
    fill(args, part, corpus, &folder)
        .map_err(|error| format!("cannot fill {}: {error}", folder.display()))?;
    Ok(folder)
}

fn fill(args: &Args, part: Part, corpus: &Corpus, folder: &Path) -> io::Result<()> {
    remove(folder)?;
    fs::create_dir_all(folder)?;
    copy(&args.scripts, &folder.join("guest"))?;
    if part.needs_index() {
        link(&args.index, &folder.join("index"))?;
    }
    match part.needs_corpus() {
        true => link_all(&corpus.0, &folder.join("corpus")),
        false => fs::create_dir(folder.join("corpus")),
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let (entry, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if entry.is_dir() {
            copy(&entry, &to)?;
        } else {
            fs::copy(&entry, &to)?;
        }
    }
    Ok(())
}

fn link_all(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        link(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The cache may be on another file system.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
