// SPDX-License-Identifier: GPL-2.0
//! /sys/kernel/tmem: what holds for all disks, and their sums.
#![forbid(unsafe_code)]

use crate::{
    attribute_group,
    core::totals::Totals,
    ffi::{
        attribute::{Attribute, Groups, Text},
        kobject::{Directory, KobjectAttribute},
        params,
    },
    frontend::device::Users,
    pool::Pools,
    store::{Algorithm, Sharing},
};
use kernel::{prelude::*, sync::Arc};

/// What the files are about.
pub struct State {
    /// All pools.
    pub pools: Arc<Pools>,
    /// Who may keep how much in pools of /dev/tmem.
    pub users: Arc<Users>,
}

/// Makes the directory. May sleep. ENOMEM, EEXIST.
pub fn create(state: State) -> Result<Directory<State>> {
    static GROUPS: Groups<3> = Groups::new([Some(&FILES), Some(&STATS), None]);
    Directory::new(c"tmem", state, GROUPS.list())
}

attribute_group!(FILES, KobjectAttribute::<State>, None =>
    Version, Codec, Dedup, MaxBytes, IdleSeconds, CpuPercent, PersistentBytesPerUser);

/// The module's version.
struct Version;

impl Attribute<State> for Version {
    const NAME: &'static CStr = c"version";
    const MODE: u16 = 0o444;

    fn show(_: &State, out: &mut Text<'_>) -> Result {
        out.value(params::version())
    }
}

/// The codec of disks that have not chosen one by `comp_algorithm`, for pages put from now on.
struct Codec;

impl Attribute<State> for Codec {
    const NAME: &'static CStr = c"codec";
    const MODE: u16 = 0o644;

    fn show(state: &State, out: &mut Text<'_>) -> Result {
        out.choice(Algorithm::NAMES, state.pools.policy().algorithm().name())
    }

    fn store(state: &State, value: &str) -> Result {
        state
            .pools
            .set_algorithm(Algorithm::named(value).ok_or(EINVAL)?)
    }
}

/// Which equal pages are kept once, of those put from now on.
struct Dedup;

impl Attribute<State> for Dedup {
    const NAME: &'static CStr = c"dedup";
    const MODE: u16 = 0o644;

    fn show(state: &State, out: &mut Text<'_>) -> Result {
        out.choice(&Sharing::NAMES, state.pools.policy().dedup().name())
    }

    fn store(state: &State, value: &str) -> Result {
        state
            .pools
            .policy()
            .set_dedup(Sharing::named(value).ok_or(EINVAL)?);
        Ok(())
    }
}

/// The most that all arenas and metadata may hold, in bytes.
struct MaxBytes;

impl Attribute<State> for MaxBytes {
    const NAME: &'static CStr = c"max_bytes";
    const MODE: u16 = 0o644;

    fn show(state: &State, out: &mut Text<'_>) -> Result {
        out.value(state.pools.policy().max_bytes())
    }

    fn store(state: &State, value: &str) -> Result {
        state.pools.policy().set_max_bytes(super::bytes(value)?);
        state.pools.room_was_made();
        Ok(())
    }
}

/// The most that a user who is no administrator may keep in persistent pools of /dev/tmem.
struct PersistentBytesPerUser;

impl Attribute<State> for PersistentBytesPerUser {
    const NAME: &'static CStr = c"persistent_bytes_per_user";
    const MODE: u16 = 0o644;

    fn show(state: &State, out: &mut Text<'_>) -> Result {
        out.value(state.users.most_bytes())
    }

    fn store(state: &State, value: &str) -> Result {
        state.users.set_most_bytes(super::bytes(value)?);
        Ok(())
    }
}

/// After how long without being asked for a page is encoded densely; 0 for never.
struct IdleSeconds;

impl Attribute<State> for IdleSeconds {
    const NAME: &'static CStr = c"recompress_idle_seconds";
    const MODE: u16 = 0o644;

    fn show(state: &State, out: &mut Text<'_>) -> Result {
        out.value(state.pools.policy().recompress_idle_seconds())
    }

    fn store(state: &State, value: &str) -> Result {
        let seconds = super::number(value)?;
        state
            .pools
            .policy()
            .set_recompress_idle_seconds(seconds.into());
        Ok(())
    }
}

/// How much of one CPU that may take, in percent.
struct CpuPercent;

impl Attribute<State> for CpuPercent {
    const NAME: &'static CStr = c"recompress_cpu_percent";
    const MODE: u16 = 0o644;

    fn show(state: &State, out: &mut Text<'_>) -> Result {
        out.value(state.pools.policy().recompress_cpu_percent())
    }

    fn store(state: &State, value: &str) -> Result {
        match super::number(value)? {
            percent @ 1..=100 => {
                state
                    .pools
                    .policy()
                    .set_recompress_cpu_percent(percent.into());
                Ok(())
            }
            _ => Err(EINVAL),
        }
    }
}

/// What anybody may read.
const PUBLIC: u16 = 0o444;
/// What tells one tenant about another.
const PRIVATE: u16 = 0o400;

/// Defines the files of `stats/`: a name, a mode, and its value from the totals.
macro_rules! stats {
    ($($name:ident = $mode:ident $file:literal => $value:expr),* $(,)?) => {
        $(
            struct $name;

            impl Attribute<State> for $name {
                const NAME: &'static CStr = $file;
                const MODE: u16 = $mode;

                fn show(state: &State, out: &mut Text<'_>) -> Result {
                    let value: fn(Totals) -> u64 = $value;
                    out.value(value(state.pools.totals()))
                }
            }
        )*

        attribute_group!(STATS, KobjectAttribute::<State>, Some(c"stats") => $($name),*);
    };
}

stats! {
    Pages = PUBLIC c"pages" => |totals| totals.pages,
    LogicalBytes = PUBLIC c"logical_bytes" => |totals| totals.logical_bytes(),
    StoredBytes = PUBLIC c"stored_bytes" => |totals| totals.stored_bytes,
    ArenaBytes = PUBLIC c"arena_bytes" => |totals| totals.arena_bytes,
    SlackBytes = PUBLIC c"slack_bytes" => |totals| totals.slack_bytes(),
    MetadataBytes = PUBLIC c"metadata_bytes" => |totals| totals.metadata_bytes,
    SharedBytes = PRIVATE c"shared_bytes" => |totals| totals.shared_bytes,
    SameFilledPages = PUBLIC c"same_filled_pages" => |totals| totals.same_filled_pages,
    DedupPages = PRIVATE c"dedup_pages" => |totals| totals.dedup_pages,
    DedupPendingPages = PRIVATE c"dedup_pending_pages" => |totals| totals.dedup_pending_pages,
    Puts = PUBLIC c"puts" => |totals| totals.puts,
    PutsRefused = PUBLIC c"puts_refused" => |totals| totals.puts_refused,
    PutsRefusedEarly = PUBLIC c"puts_refused_early" => |totals| totals.puts_refused_early,
    RefusedUsec = PUBLIC c"refused_usec" => |totals| totals.refused_usec(),
    Gets = PUBLIC c"gets" => |totals| totals.gets,
    GetsMissed = PUBLIC c"gets_missed" => |totals| totals.gets_missed,
    Flushes = PUBLIC c"flushes" => |totals| totals.flushes,
    Evictions = PUBLIC c"evictions" => |totals| totals.evictions,
    Recompressed = PUBLIC c"recompressed" => |totals| totals.recompressed,
    Dictionaries = PUBLIC c"dictionaries" => |totals| totals.dictionaries,
    WrittenBack = PUBLIC c"written_back" => |totals| totals.written_back,
    CorruptPages = PUBLIC c"corrupt_pages" => |totals| totals.corrupt_pages,
}
