// SPDX-License-Identifier: GPL-2.0
//! The parts of the benchmark, and the guest that each is measured in.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    Corpus,
    Cost,
    Swap,
    Bytes,
    Time,
    Scale,
    Shares,
    Reads,
}

type Options = &'static [(&'static str, &'static str)];

/// A nanosecond is an instruction there.
const COUNTING: Options = &[("ICOUNT", "1"), ("CPUS", "1"), ("MEM", "1024")];
const COUNTING_MANY_PAGES: Options = &[("ICOUNT", "1"), ("CPUS", "1"), ("MEM", "6144")];
const PLAIN: Options = &[("CPUS", "1"), ("MEM", "1024")];
const TWO_PROCESSORS: Options = &[("CPUS", "2"), ("MEM", "1024")];
const USER_MODE: Options = &[("KERNEL", "uml"), ("CPUS", "2"), ("MEM", "1024")];
const DISK: Options = &[("DISK", "1G"), ("CPUS", "2"), ("MEM", "960")];
/// With room for the programs whose pages are the corpus.
const ROOMY: Options = &[("MEM", "2048")];

impl Part {
    pub const ALL: [Self; 8] = [
        Self::Corpus,
        Self::Cost,
        Self::Swap,
        Self::Bytes,
        Self::Time,
        Self::Scale,
        Self::Shares,
        Self::Reads,
    ];

    /// What makes sense in a guest at native speed.
    pub const HERE: [Self; 5] = [
        Self::Corpus,
        Self::Bytes,
        Self::Time,
        Self::Shares,
        Self::Reads,
    ];

    /// What takes an hour or more is measured only when it is named.
    pub fn is_long(self) -> bool {
        matches!(self, Self::Reads)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Corpus => "corpus",
            Self::Cost => "cost",
            Self::Swap => "swap",
            Self::Bytes => "bytes",
            Self::Time => "time",
            Self::Scale => "scale",
            Self::Shares => "shares",
            Self::Reads => "reads",
        }
    }

    /// Options of qemu/guest. `here`: without user-mode Linux, which the reader's own guests are not.
    pub fn guest(self, here: bool) -> Options {
        match self {
            Self::Corpus => ROOMY,
            Self::Cost | Self::Swap => COUNTING,
            Self::Bytes => PLAIN,
            Self::Time if here => TWO_PROCESSORS,
            Self::Shares => TWO_PROCESSORS,
            Self::Reads => DISK,
            Self::Time => USER_MODE,
            Self::Scale => COUNTING_MANY_PAGES,
        }
    }

    /// Seconds after which it hangs: some times what it takes on a slow machine.
    pub fn timeout(self) -> u32 {
        match self {
            Self::Scale | Self::Reads => 7200,
            _ => 3600,
        }
    }

    /// The package index, which its programs work on.
    pub fn needs_index(self) -> bool {
        matches!(self, Self::Corpus | Self::Reads)
    }

    pub fn needs_corpus(self) -> bool {
        !matches!(
            self,
            Self::Corpus | Self::Scale | Self::Shares | Self::Reads
        )
    }
}

impl fmt::Display for Part {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str(self.name())
    }
}
