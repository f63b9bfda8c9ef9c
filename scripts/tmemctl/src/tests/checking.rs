// SPDX-License-Identifier: GPL-2.0
//! `check`: one obstacle at a time.

use crate::check::{examine, Finding, Severity};
use crate::cli::{CheckOptions, OnOptions};
use crate::fake::{Guest, RELEASE, SWAPS_HEAD};
use crate::on::on;

fn find(guest: &Guest, subject: &str) -> Finding {
    let findings = examine(&guest.host, &CheckOptions::default());
    findings
        .into_iter()
        .find(|finding| finding.subject == subject)
        .unwrap()
}

/// The subject has this severity, and these words are in what is said about it.
fn expect(guest: &Guest, subject: &str, severity: Severity, words: &[&str]) {
    let finding = find(guest, subject);
    let text = format!(
        "{}\n{}",
        finding.what,
        finding.remedy.clone().unwrap_or_default()
    );
    assert_eq!(finding.severity, severity, "{text}");
    for word in words {
        assert!(text.contains(word), "{word} in: {text}");
    }
}

fn on_guest() -> Guest {
    let guest = Guest::new();
    on(&guest.host, &OnOptions::default()).unwrap();
    guest
}

#[test]
fn nothing_stands_in_the_way() {
    for guest in [Guest::new(), on_guest()] {
        let findings = examine(&guest.host, &CheckOptions::default());
        let bad: Vec<_> = findings
            .iter()
            .filter(|finding| finding.severity > Severity::Note)
            .collect();
        assert!(bad.is_empty(), "{bad:?}");
    }
}

#[test]
fn another_architecture() {
    let guest = Guest::new();
    guest.put("/proc/sys/kernel/arch", "aarch64");
    expect(
        &guest,
        "architecture",
        Severity::Blocks,
        &["aarch64", "x86-64"],
    );
}

#[test]
fn a_kernel_without_rust() {
    let guest = Guest::new();
    let config = format!("/boot/config-{RELEASE}");
    guest.put(&config, "# CONFIG_RUST is not set\nCONFIG_MODULES=y\nCONFIG_SWAP=y\nCONFIG_ZSMALLOC=m\nCONFIG_LZ4_DECOMPRESS=y\n");
    expect(
        &guest,
        "kernel",
        Severity::Blocks,
        &["without CONFIG_RUST (/boot", "trixie-backports"],
    );
    std::fs::remove_file(guest.host.path(&config)).unwrap();
    expect(&guest, "kernel", Severity::Note, &["nowhere"]);
}

#[test]
fn a_module_for_another_release() {
    let guest = Guest::new();
    guest.modinfo("vermagic", "6.12.0-amd64 SMP");
    let remedy = format!("KVER={RELEASE} make");
    expect(
        &guest,
        "module",
        Severity::Blocks,
        &["built for 6.12.0-amd64", &remedy],
    );
    guest.modinfo("vermagic", "");
    expect(
        &guest,
        "module",
        Severity::Blocks,
        &["there is no tmem.ko", &remedy],
    );
    guest.put("/lib/modules/6.12.0-amd64/updates/tmem.ko.xz", "");
    expect(
        &guest,
        "module",
        Severity::Blocks,
        &["/lib/modules/6.12.0-amd64/updates/tmem.ko.xz", &remedy],
    );
}

#[test]
fn secure_boot() {
    let guest = Guest::new();
    guest.put(
        "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
        "\u{6}\0\0\0\u{1}",
    );
    expect(
        &guest,
        "secure-boot",
        Severity::Note,
        &["unsigned modules all the same"],
    );
    guest.put(
        "/sys/kernel/security/lockdown",
        "none [integrity] confidentiality\n",
    );
    expect(
        &guest,
        "secure-boot",
        Severity::Blocks,
        &[
            "Secure Boot is on",
            "mokutil --import",
            "sign-file",
            RELEASE,
        ],
    );
    guest.modinfo("filename", "/lib/modules/x/updates/tmem.ko.xz");
    expect(
        &guest,
        "secure-boot",
        Severity::Blocks,
        &[
            "xz -d /lib/modules/x/updates/tmem.ko.xz\n",
            "mok.der /lib/modules/x/updates/tmem.ko\n",
        ],
    );
    guest.modinfo("signer", "tmem module signing");
    expect(
        &guest,
        "secure-boot",
        Severity::Warning,
        &["signed by \"tmem module signing\"", "--list-enrolled"],
    );
}

#[test]
fn enforced_signatures_without_secure_boot() {
    let guest = Guest::new();
    guest.put("/sys/module/module/parameters/sig_enforce", "Y\n");
    expect(
        &guest,
        "secure-boot",
        Severity::Blocks,
        &["sig_enforce", "mok.der"],
    );
}

#[test]
fn zswap_in_front() {
    expect(&Guest::new(), "zswap", Severity::Note, &["switches it off"]);
    let guest = on_guest();
    guest.put("/sys/module/zswap/parameters/enabled", "Y\n");
    expect(
        &guest,
        "zswap",
        Severity::Warning,
        &["echo N > /sys/module/zswap"],
    );
}

#[test]
fn swap_of_higher_priority() {
    let guest = on_guest();
    guest.put(
        "/proc/swaps",
        &format!("{SWAPS_HEAD}/dev/zram0 partition 8 0 100\n/dev/tmem0 partition 8 0 100\n/dev/vda2 partition 8 0 -2\n"),
    );
    expect(
        &guest,
        "priority",
        Severity::Warning,
        &["/dev/zram0 (100)", "swapoff /dev/zram0"],
    );
}

#[test]
fn no_room_above_other_swap() {
    let guest = Guest::new();
    guest.put(
        "/proc/swaps",
        &format!("{SWAPS_HEAD}/dev/zram0 partition 8 0 32767\n"),
    );
    expect(
        &guest,
        "priority",
        Severity::Warning,
        &["/dev/zram0 has the highest", "swapoff /dev/zram0"],
    );
}

#[test]
fn cgroups_that_may_not_swap() {
    let guest = Guest::new();
    expect(&guest, "cgroups", Severity::Note, &["not mounted"]);
    guest.put(
        "/proc/self/mounts",
        "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
    );
    guest.put("/sys/fs/cgroup/a/memory.swap.max", "max\n");
    expect(&guest, "cgroups", Severity::Ok, &[]);
    for name in ["b", "c", "d", "e", "f", "g/h", "g/h/below"] {
        guest.put(&format!("/sys/fs/cgroup/{name}/memory.swap.max"), "0\n");
    }
    expect(
        &guest,
        "cgroups",
        Severity::Warning,
        &[
            "6 may not swap",
            "/b, /c",
            "and 1 more",
            "/sys/fs/cgroup/b/memory.swap.max",
        ],
    );
}

#[test]
fn not_root() {
    let guest = Guest::new();
    guest.put("/proc/self/status", "Uid:\t1000\t1000\t1000\t1000\n");
    expect(&guest, "root", Severity::Warning, &["sudo"]);
}

#[test]
fn says_whether_it_is_on() {
    expect(
        &Guest::new(),
        "swap",
        Severity::Note,
        &["not on", "tmemctl on"],
    );
    expect(&on_guest(), "swap", Severity::Ok, &["priority 100"]);
}

#[test]
fn a_resume_device_in_memory() {
    let guest = on_guest();
    guest.put("/sys/block/tmem0/dev", "252:0\n");
    guest.put("/sys/power/resume", "252:0\n");
    expect(
        &guest,
        "hibernation",
        Severity::Warning,
        &["lost with the power"],
    );
}
