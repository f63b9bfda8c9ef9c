// SPDX-License-Identifier: GPL-2.0
//! `status`, the manual page and the command line itself.

use crate::cli::{Cli, OnOptions};
use crate::fake::Guest;
use crate::{manual, on::on, status};
use clap::{CommandFactory, Parser};

fn busy_guest() -> Guest {
    let guest = Guest::new();
    on(&guest.host, &OnOptions::default()).unwrap();
    guest.put(
        "/sys/block/tmem0/mm_stat",
        "314572800 99614720 104857600 0 104857600 100 0 0 0",
    );
    guest.put("/sys/block/tmem0/io_stat", "0 2 0 7");
    guest.put("/sys/kernel/tmem/version", "0.1.0\n");
    guest.put("/sys/kernel/tmem/codec", "[lz4] zstd raw\n");
    guest.put("/sys/kernel/tmem/max_bytes", "536870912\n");
    for (name, value) in [
        ("logical_bytes", 314572800),
        ("arena_bytes", 104857600),
        ("metadata_bytes", 4194304),
        ("puts", 80000),
        ("evictions", 17),
        ("recompressed", 23),
        ("dictionaries", 2),
        ("dedup_pages", 4711),
    ] {
        guest.put(
            &format!("/sys/kernel/tmem/stats/{name}"),
            &value.to_string(),
        );
    }
    guest.put("/sys/kernel/tmem/dedup", "[cgroup] global off\n");
    guest.put("/sys/kernel/tmem/recompress_idle_seconds", "600\n");
    pool(&guest, 1, "persistent", "tmem0");
    guest
}

fn pool(guest: &Guest, id: u32, kind: &str, owner: &str) {
    for (file, value) in [
        ("kind", kind),
        ("owner", owner),
        ("objects", "3"),
        ("pages", "77"),
        ("stored_bytes", "2097152"),
    ] {
        guest.put(&format!("/sys/kernel/tmem/pools/{id}/{file}"), value);
    }
}

#[test]
fn shows_what_is_held() {
    let text = status::text(&status::read(&busy_guest().host));
    for words in [
        "tmem 0.1.0",
        "300.0 MiB",
        "104.0 MiB (100.0 MiB for pages, 4.0 MiB for tables)",
        "2.88",
        "400.0 KiB",
        "512.0 MiB",
        "4711 pages are equal to another (domain: cgroup)",
        "23 pages (once idle for 600 s); cgroups with a dictionary: 2",
        "17 pages",
    ] {
        assert!(text.contains(words), "{words} in:\n{text}");
    }
    assert!(text.lines().all(|line| line.len() <= 120), "{text}");
}

#[test]
fn shows_the_pools_of_programs() {
    let guest = busy_guest();
    assert!(!status::text(&status::read(&guest.host)).contains("owner"));
    pool(&guest, 10, "ephemeral", "pid 99");
    pool(&guest, 9, "shared", "pid 98");
    let status = status::read(&guest.host);
    let text = status::text(&status);
    assert!(
        text.contains("\n10    ephemeral  pid 99        3     77     2.0 MiB\n"),
        "{text}"
    );
    assert!(!text.contains("persistent"), "{text}");
    let ids: Vec<_> = status.pools.iter().map(|pool| pool.id).collect();
    assert_eq!(ids, [1, 9, 10]);
}

#[test]
fn what_root_alone_may_see_is_not_made_up() {
    let guest = busy_guest();
    std::fs::remove_file(guest.host.path("/sys/kernel/tmem/stats/dedup_pages")).unwrap();
    let text = status::text(&status::read(&guest.host));
    assert!(text.contains("run this as root"), "{text}");
}

#[test]
fn json_says_the_same() {
    let json = serde_json::to_value(status::read(&busy_guest().host)).unwrap();
    assert_eq!(json["held_bytes"], 109051904);
    assert_eq!(json["disks"][0]["swap"]["priority"], 100);
    assert_eq!(json["disks"][0]["failed_writes"], 2);
    assert_eq!(json["stats"]["puts"], 80000);
    assert_eq!(json["dedup"], "cgroup");
    assert_eq!(json["pools"][0]["stored_bytes"], 2 << 20);
}

#[test]
fn says_when_there_is_nothing_to_show() {
    let status = status::read(&Guest::new().host);
    assert!(status::text(&status).contains("not loaded"));
    assert!(status.ratio.is_none());
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
    let refused = [
        "on --size 0%",
        "on --priority -1",
        "on --priority 32768",
        "status --watch 0",
        "top --sort size",
        "completion tcsh",
        "",
    ];
    for arguments in refused {
        let argv = std::iter::once("tmemctl").chain(arguments.split_whitespace());
        assert!(Cli::try_parse_from(argv).is_err(), "{arguments}");
    }
}

#[test]
fn the_manual_names_every_subcommand_and_option() {
    let page = String::from_utf8(manual::page().unwrap()).unwrap();
    for command in Cli::command().get_subcommands() {
        assert!(page.contains(&format!(".SS {}\n", command.get_name())));
        for option in command.get_opts().filter_map(|option| option.get_long()) {
            assert!(page.contains(&option.replace('-', "\\-")), "{option}");
        }
    }
}
