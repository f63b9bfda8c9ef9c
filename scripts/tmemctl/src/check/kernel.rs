// SPDX-License-Identifier: GPL-2.0
//! Does this kernel take tmem, and is there a tmem.ko built for it?

use super::Finding;
use super::Severity::{Blocks, Note, Ok};
use crate::host::Host;
use crate::module;
use std::path::Path;

pub fn architecture(host: &Host) -> Finding {
    // The file is there since Linux 6.1; a program for x86-64 runs on nothing older that has Rust.
    let name = host
        .text("/proc/sys/kernel/arch")
        .unwrap_or(std::env::consts::ARCH.into());
    match name.as_str() {
        "x86_64" => Finding::new("architecture", Ok, "x86-64"),
        other => Finding::new(
            "architecture",
            Blocks,
            format!("{other}: tmem supports x86-64 only, for now"),
        ),
    }
}

const ANOTHER_KERNEL: &str = "boot a kernel that has it; on Debian 13 for example, with trixie-backports among the package sources:\n\
  apt install -t trixie-backports linux-image-cloud-amd64";

/// What tmem.ko is linked against.
const NEEDED: [&str; 5] = [
    "CONFIG_RUST",
    "CONFIG_MODULES",
    "CONFIG_SWAP",
    "CONFIG_ZSMALLOC",
    "CONFIG_LZ4_DECOMPRESS",
];

pub fn config(host: &Host) -> Finding {
    if module::is_loaded(host) {
        return Finding::new("kernel", Ok, format!("{} runs tmem", host.release()));
    }
    let Some((source, text)) = config_text(host) else {
        return Finding::new(
            "kernel",
            Note,
            format!(
                "{}: its configuration is nowhere to be found",
                host.release()
            ),
        )
        .remedy("look for CONFIG_RUST=y where your distribution documents its kernel");
    };
    let is_set = |name: &str| {
        text.lines()
            .any(|line| line == format!("{name}=y") || line == format!("{name}=m"))
    };
    let missing: Vec<_> = NEEDED.into_iter().filter(|name| !is_set(name)).collect();
    match missing.as_slice() {
        [] => Finding::new("kernel", Ok, format!("{} has CONFIG_RUST", host.release())),
        _ => {
            let what = format!(
                "{} was built without {} ({source})",
                host.release(),
                missing.join(", ")
            );
            Finding::new("kernel", Blocks, what).remedy(ANOTHER_KERNEL)
        }
    }
}

/// The running kernel's configuration, and where it was read.
fn config_text(host: &Host) -> Option<(String, String)> {
    let release = host.release();
    const BUILT_IN: &str = "/proc/config.gz";
    if host.exists(BUILT_IN) {
        if let Result::Ok(text) = host.run(&["gzip", "-dc", BUILT_IN]) {
            return Some((BUILT_IN.into(), text));
        }
    }
    let places = [
        format!("/boot/config-{release}"),
        format!("/lib/modules/{release}/config"),
        format!("/lib/modules/{release}/build/.config"),
    ];
    places
        .into_iter()
        .find_map(|path| host.text(&path).map(|text| (path, text)))
}

/// The tmem.ko that would be loaded.
pub struct ModuleFile {
    /// A name or path that modinfo understands; nothing if there is no module at all.
    pub name: Option<String>,
    /// The release it was built for.
    pub release: Option<String>,
}

impl ModuleFile {
    pub fn find(host: &Host, file: Option<&Path>) -> Self {
        let given = file.map(|file| file.to_string_lossy().into_owned());
        let installed = || release_of(host, "tmem").map(|_| "tmem".to_string());
        let name = given.or_else(installed).or_else(|| elsewhere(host));
        let release = name.as_deref().and_then(|name| release_of(host, name));
        Self { name, release }
    }
}

/// The first word of vermagic.
fn release_of(host: &Host, name: &str) -> Option<String> {
    let vermagic = module::info(host, "vermagic", name).ok()?;
    vermagic.split_whitespace().next().map(String::from)
}

/// A tmem.ko installed for another release.
fn elsewhere(host: &Host) -> Option<String> {
    const MODULES: &str = "/lib/modules";
    let releases = host.names(MODULES).into_iter().rev();
    let mut files = releases.flat_map(|release| {
        let folders = ["updates", "extra"].into_iter();
        folders.flat_map(move |folder| {
            let release = release.clone();
            ["ko", "ko.xz", "ko.zst"].map(|end| format!("{MODULES}/{release}/{folder}/tmem.{end}"))
        })
    });
    files.find(|file| host.exists(file))
}

pub fn module(host: &Host, file: &ModuleFile) -> Finding {
    let release = host.release();
    if module::is_loaded(host) {
        let version = host
            .text("/sys/module/tmem/version")
            .unwrap_or("unknown".into());
        return Finding::new("module", Ok, format!("loaded, version {version}"));
    }
    let build = format!("in tmem's source tree:\n  KVER={release} make install");
    match (&file.name, &file.release) {
        (None, _) => Finding::new(
            "module",
            Blocks,
            format!("there is no tmem.ko for {release}"),
        )
        .remedy(format!(
            "{build}\nor say where it is: tmemctl check --module FILE"
        )),
        (Some(name), None) => Finding::new(
            "module",
            Blocks,
            format!("{name} is not a module that modinfo can read"),
        )
        .remedy(build),
        (Some(name), Some(built_for)) if *built_for != release => Finding::new(
            "module",
            Blocks,
            format!("{name} was built for {built_for}, this kernel is {release}"),
        )
        .remedy(build),
        (Some(name), Some(_)) => Finding::new(
            "module",
            Ok,
            format!("{name} is built for {release}, not loaded"),
        ),
    }
}
