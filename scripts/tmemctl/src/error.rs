// SPDX-License-Identifier: GPL-2.0
//! One error type: what went wrong, and what to do.

use std::{fmt, io};

#[derive(Debug)]
pub struct Error {
    pub what: String,
    pub remedy: Option<String>,
    reader_is_gone: bool,
}

impl Error {
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: None,
            reader_is_gone: false,
        }
    }

    /// Writing to standard output failed.
    pub fn output(error: io::Error) -> Self {
        Self {
            reader_is_gone: error.kind() == io::ErrorKind::BrokenPipe,
            ..Self::new(format!("cannot write the output: {error}"))
        }
    }

    /// What the user should do; the first advice given, nearest to the cause, is kept.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy.get_or_insert_with(|| remedy.into());
        self
    }

    pub fn reader_is_gone(&self) -> bool {
        self.reader_is_gone
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        match &self.remedy {
            Some(remedy) => write!(f, "\n  what to do: {remedy}"),
            None => Ok(()),
        }
    }
}
