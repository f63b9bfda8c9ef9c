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
    guest.put("/sys/kernel/tmem/codec", "[lz4] raw\n");
    guest.put("/sys/kernel/tmem/max_bytes", "536870912\n");
    for (name, value) in [
        ("logical_bytes", 314572800),
        ("arena_bytes", 104857600),
        ("metadata_bytes", 4194304),
        ("puts", 80000),
    ] {
        guest.put(
            &format!("/sys/kernel/tmem/stats/{name}"),
            &value.to_string(),
        );
    }
    guest
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
    ] {
        assert!(text.contains(words), "{words} in:\n{text}");
    }
    assert!(text.lines().all(|line| line.len() <= 120), "{text}");
}

#[test]
fn json_says_the_same() {
    let json = serde_json::to_value(status::read(&busy_guest().host)).unwrap();
    assert_eq!(json["held_bytes"], 109051904);
    assert_eq!(json["disks"][0]["swap"]["priority"], 100);
    assert_eq!(json["disks"][0]["failed_writes"], 2);
    assert_eq!(json["stats"]["puts"], 80000);
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
