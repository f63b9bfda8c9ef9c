// SPDX-License-Identifier: GPL-2.0
//! /sys/kernel/tmem/cgroups: what each cgroup holds, and what it may, for root alone.
//!
//! Locks: those of children.rs, under that of the cgroups when one comes; a file's reader takes theirs.
#![forbid(unsafe_code)]

use super::{children::Children, module};
use crate::{
    account::{Count, PAGE_METADATA},
    attribute_group,
    cgroup::{Cgroups, Scope, Watch},
    core::{
        limits::{Limit, NONE},
        shares::MOST_TAX,
        size::{self, PAGE_BYTES},
    },
    ffi::{
        attribute::{Attribute, Groups, Text},
        cgroup,
        kobject::{Directory, KobjectAttribute},
    },
};
use kernel::{prelude::*, sync::Arc};

/// The directories of all cgroups.
type Files = Children<Arc<Cgroups>, View>;

/// What a cgroup's files are about.
pub struct View {
    cgroups: Arc<Cgroups>,
    inode: u64,
}

/// The directory, as long as this lives.
pub struct Shown(Arc<Cgroups>);

impl Shown {
    /// Makes the directory inside that of the module. May sleep. ENOMEM.
    pub fn create(parent: &Directory<module::State>, cgroups: Arc<Cgroups>) -> Result<Self> {
        static GROUPS: Groups<2> = Groups::new([Some(&COMMON), None]);
        let root = Directory::for_root_inside(parent, c"cgroups", cgroups.clone(), GROUPS.list())?;
        let files = Arc::pin_init(Files::new(root), GFP_KERNEL)?;
        cgroups.watch(Some(files));
        Ok(Self(cgroups))
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.watch(None);
    }
}

impl Watch for Files {
    fn came(&self, cgroups: &Arc<Cgroups>, inode: u64) -> Result {
        static GROUPS: Groups<3> = Groups::new([Some(&SETTINGS), Some(&VALUES), None]);
        let view = View {
            cgroups: cgroups.clone(),
            inode,
        };
        self.add(inode, view, GROUPS.list())
    }

    fn went(&self, inode: u64) {
        self.remove(inode);
    }
}

attribute_group!(COMMON, KobjectAttribute::<Arc<Cgroups>>, None => DefaultLimit, IdleTax, Track, PageMetadata);

/// The limit of cgroups for which nobody set one, nor for one they are in.
struct DefaultLimit;

impl Attribute<Arc<Cgroups>> for DefaultLimit {
    const NAME: &'static CStr = c"default_limit";
    const MODE: u16 = 0o600;

    fn show(cgroups: &Arc<Cgroups>, out: &mut Text<'_>) -> Result {
        out.value(cgroups.default_limit())
    }

    fn store(cgroups: &Arc<Cgroups>, value: &str) -> Result {
        cgroups.set_default_limit(Limit::parse(value).ok_or(EINVAL)?);
        Ok(())
    }
}

/// How much more idle bytes count than others when there is not enough for all, in percent.
struct IdleTax;

impl Attribute<Arc<Cgroups>> for IdleTax {
    const NAME: &'static CStr = c"idle_tax_percent";
    const MODE: u16 = 0o600;

    fn show(cgroups: &Arc<Cgroups>, out: &mut Text<'_>) -> Result {
        out.value(cgroups.accounts().idle_tax())
    }

    fn store(cgroups: &Arc<Cgroups>, value: &str) -> Result {
        match super::number(value)? {
            percent @ 0..=MOST_TAX => {
                cgroups.accounts().set_idle_tax(percent);
                Ok(())
            }
            _ => Err(EINVAL),
        }
    }
}

/// Makes a cgroup's directory before it has anything: by its path, or its inode number.
struct Track;

impl Attribute<Arc<Cgroups>> for Track {
    const NAME: &'static CStr = c"track";
    const MODE: u16 = 0o200;

    fn store(cgroups: &Arc<Cgroups>, value: &str) -> Result {
        let inode = match size::parse_decimal(value) {
            Some(inode) => inode,
            None if value.starts_with('/') => cgroup::named(value)?,
            None => return Err(EINVAL),
        };
        cgroup::look(inode)?;
        cgroups.track(inode)
    }
}

/// What a page counts for in limits beside its bytes.
struct PageMetadata;

impl Attribute<Arc<Cgroups>> for PageMetadata {
    const NAME: &'static CStr = c"page_metadata_bytes";
    const MODE: u16 = 0o400;

    fn show(_: &Arc<Cgroups>, out: &mut Text<'_>) -> Result {
        out.value(PAGE_METADATA)
    }
}

attribute_group!(SETTINGS, KobjectAttribute::<View>, None => Weight, LimitBytes, ReserveBytes);

/// A cgroup's part, beside those of its siblings, when there is not enough for all.
struct Weight;

impl Attribute<View> for Weight {
    const NAME: &'static CStr = c"weight";
    const MODE: u16 = 0o600;

    fn show(view: &View, out: &mut Text<'_>) -> Result {
        out.value(view.cgroups.settings(view.inode)?.weight)
    }

    fn store(view: &View, value: &str) -> Result {
        let weight = super::number(value)?;
        let weight = u16::try_from(weight)
            .ok()
            .filter(|weight| (1..=10_000).contains(weight));
        let weight = weight.ok_or(EINVAL)?;
        view.cgroups
            .set(view.inode, |settings| settings.weight = Some(weight))
    }
}

/// What it and all under it may hold, as it was written.
struct LimitBytes;

impl Attribute<View> for LimitBytes {
    const NAME: &'static CStr = c"limit_bytes";
    const MODE: u16 = 0o600;

    fn show(view: &View, out: &mut Text<'_>) -> Result {
        out.value(view.cgroups.settings(view.inode)?.limit)
    }

    fn store(view: &View, value: &str) -> Result {
        let limit = Limit::parse(value).ok_or(EINVAL)?;
        view.cgroups
            .set(view.inode, |settings| settings.limit = Some(limit))
    }
}

/// Bytes that others do not take from it.
struct ReserveBytes;

impl Attribute<View> for ReserveBytes {
    const NAME: &'static CStr = c"reserve_bytes";
    const MODE: u16 = 0o600;

    fn show(view: &View, out: &mut Text<'_>) -> Result {
        out.value(view.cgroups.settings(view.inode)?.reserve)
    }

    fn store(view: &View, value: &str) -> Result {
        let bytes = super::bytes(value)?;
        view.cgroups
            .set(view.inode, |settings| settings.reserve = Some(bytes))
    }
}

impl View {
    fn subtree(&self, count: Count) -> Result<u64> {
        self.cgroups.sum(self.inode, count, Scope::Subtree)
    }

    fn local(&self, count: Count) -> Result<u64> {
        self.cgroups.sum(self.inode, count, Scope::Local)
    }
}

// Those that cannot be written.
value_files! {
    VALUES of View:
    Path = c"path" => |view, out| cgroup::with_path(view.inode, |path| out.bytes(path))?,
    LimitInForce = c"limit_effective_bytes" => |view, out| match view.cgroups.limit_bytes(view.inode)? {
        NONE => out.value("max"),
        bytes => out.value(bytes),
    },
    Pages = c"pages" => |view, out| out.value(view.subtree(Count::Pages)?),
    EphemeralPages = c"ephemeral_pages" => |view, out| out.value(view.subtree(Count::EphemeralPages)?),
    PersistentPages = c"persistent_pages" => |view, out| {
        let ephemeral = view.subtree(Count::EphemeralPages)?;
        out.value(view.subtree(Count::Pages)?.saturating_sub(ephemeral))
    },
    LogicalBytes = c"logical_bytes" => |view, out| {
        out.value(view.subtree(Count::Pages)?.saturating_mul(PAGE_BYTES))
    },
    CompressedBytes = c"compressed_bytes" => |view, out| out.value(view.subtree(Count::CompressedBytes)?),
    ResidentBytes = c"resident_bytes" => |view, out| out.value(view.subtree(Count::ResidentBytes)?),
    LocalPages = c"local_pages" => |view, out| out.value(view.local(Count::Pages)?),
    LocalResidentBytes = c"local_resident_bytes" => |view, out| out.value(view.local(Count::ResidentBytes)?),
    DedupSavedBytes = c"dedup_saved_bytes" => |view, out| out.value(view.subtree(Count::SavedBytes)?),
    Puts = c"puts" => |view, out| {
        let refused = view.subtree(Count::PutsRefused)?;
        out.value(view.subtree(Count::Puts)?.saturating_add(refused))
    },
    PutsRefused = c"puts_refused" => |view, out| out.value(view.subtree(Count::PutsRefused)?),
    Gets = c"gets" => |view, out| {
        let missed = view.subtree(Count::GetsMissed)?;
        out.value(view.subtree(Count::Gets)?.saturating_add(missed))
    },
    GetsMissed = c"gets_missed" => |view, out| out.value(view.subtree(Count::GetsMissed)?),
    Evictions = c"evictions" => |view, out| out.value(view.subtree(Count::Evictions)?),
    WrittenBackBytes = c"written_back_bytes" => |view, out| out.value(view.subtree(Count::WrittenBackBytes)?),
    RecompressUsec = c"recompress_usec" => |view, out| out.value(view.subtree(Count::WorkNs)? / 1000),
}
