// SPDX-License-Identifier: GPL-2.0
//! `on` and `off`.

use crate::cli::{OffOptions, OnOptions};
use crate::disk::FIRST;
use crate::error::Error;
use crate::fake::{Guest, RAM, SWAPS_HEAD};
use crate::{off::off, on::on, swaps};

fn plain() -> OnOptions {
    OnOptions::default()
}

fn turn_off(guest: &Guest) -> Result<(), Error> {
    off(&guest.host, &OffOptions::default())
}

/// Everything tmemctl changes, to compare before and after.
fn state(guest: &Guest) -> [String; 6] {
    [
        "/proc/swaps",
        "/proc/sys/vm/page-cluster",
        "/sys/module/zswap/parameters/enabled",
        "/sys/module/tmem/refcnt",
        "/sys/block/tmem0/disksize",
        "/sys/block/tmem0/mm_stat",
    ]
    .map(|path| guest.get(path))
}

fn loaded() -> Guest {
    let guest = Guest::new();
    guest.host.run(&["modprobe", "tmem"]).unwrap();
    guest.commands();
    guest
}

#[test]
fn on_does_it_all_and_off_undoes_it() {
    let guest = Guest::new();
    let before = state(&guest);
    on(&guest.host, &plain()).unwrap();
    assert_eq!(
        guest.commands(),
        [
            "modprobe tmem",
            "mkswap /dev/tmem0",
            "swapon -p 100 /dev/tmem0"
        ]
    );
    assert_eq!(guest.get("/proc/sys/vm/page-cluster"), "0");
    assert_eq!(guest.get("/sys/module/zswap/parameters/enabled"), "N");
    assert_eq!(guest.get("/sys/block/tmem0/disksize"), RAM.to_string());

    turn_off(&guest).unwrap();
    assert_eq!(guest.commands(), ["swapoff /dev/tmem0", "rmmod tmem"]);
    assert_eq!(state(&guest), before);
    assert!(!guest.host.exists("/run/tmem/state"));
}

#[test]
fn twice_is_once() {
    let guest = Guest::new();
    on(&guest.host, &plain()).unwrap();
    guest.commands();
    on(&guest.host, &plain()).unwrap();
    assert!(guest.commands().is_empty());
    assert!(guest.said().contains("on already"));
    turn_off(&guest).unwrap();
    guest.commands();
    turn_off(&guest).unwrap();
    assert!(guest.commands().is_empty());
    assert!(guest.said().ends_with("tmem is not on: nothing to do"));
}

#[test]
fn options_shape_the_disk_and_off_gives_its_shape_back() {
    let guest = loaded();
    let options = OnOptions {
        size: "50%".parse().ok(),
        mem_limit: "128M".parse().ok(),
        algorithm: Some("raw".into()),
        priority: Some(7),
        module: Some("x/tmem.ko".into()),
    };
    on(&guest.host, &options).unwrap();
    assert!(guest.said().contains("did not load x/tmem.ko"));
    let shape = FIRST.shape(&guest.host);
    assert_eq!(
        (shape.size, shape.limit, shape.algorithm.as_str()),
        (RAM / 2, 128 << 20, "raw")
    );
    assert_eq!(swaps::on(&guest.host, "/dev/tmem0").unwrap().priority, 7);
    turn_off(&guest).unwrap();
    let shape = FIRST.shape(&guest.host);
    assert_eq!(
        (shape.size, shape.limit, shape.algorithm.as_str()),
        (RAM, 0, "lz4")
    );
    assert!(
        guest.host.exists("/sys/module/tmem"),
        "it was loaded before"
    );
}

#[test]
fn insmod_gets_what_the_module_needs_first() {
    let guest = Guest::new();
    guest.modinfo("depends", "lz4_compress,zsmalloc");
    guest.put("/sys/module/zsmalloc/refcnt", "1");
    let options = OnOptions {
        module: Some("/x/tmem.ko".into()),
        ..plain()
    };
    on(&guest.host, &options).unwrap();
    assert_eq!(
        guest.commands()[..2],
        ["modprobe lz4_compress", "insmod /x/tmem.ko"]
    );
    turn_off(&guest).unwrap();
    assert_eq!(guest.commands()[1..], ["rmmod tmem", "rmmod lz4_compress"]);
}

#[test]
fn goes_above_other_swap() {
    let guest = Guest::new();
    guest.put(
        "/proc/swaps",
        &format!("{SWAPS_HEAD}/dev/zram0 partition 1048572 0 100\n"),
    );
    on(&guest.host, &plain()).unwrap();
    assert!(guest
        .commands()
        .contains(&"swapon -p 101 /dev/tmem0".into()));
}

#[test]
fn any_failing_program_leaves_nothing_behind() {
    for program in ["modprobe", "mkswap", "swapon"] {
        let guest = Guest::new();
        let before = state(&guest);
        guest.fail(program);
        let error = on(&guest.host, &plain()).unwrap_err().to_string();
        assert!(error.contains(program), "{error}");
        assert_eq!(state(&guest), before, "{program}");
        assert!(!guest.host.exists("/run/tmem/state"), "{program}");
    }
}

#[test]
fn a_wrong_algorithm_leaves_nothing_behind() {
    let guest = loaded();
    let before = state(&guest);
    let options = OnOptions {
        algorithm: Some("zip".into()),
        ..plain()
    };
    let error = on(&guest.host, &options).unwrap_err().to_string();
    assert!(error.contains("one of: lz4 zstd raw"), "{error}");
    assert_eq!(state(&guest), before);
}

#[test]
fn a_failed_swapoff_can_be_tried_again() {
    let guest = Guest::new();
    let before = state(&guest);
    on(&guest.host, &plain()).unwrap();
    guest.fail("swapoff");
    let error = turn_off(&guest).unwrap_err().to_string();
    assert!(error.contains("make room"), "{error}");
    let now = state(&guest);
    assert_ne!(
        now[1], before[1],
        "tmem is still on, and so are its settings"
    );
    guest.fail("nothing");
    turn_off(&guest).unwrap();
    assert_eq!(state(&guest), before);
}

/// On, with 100 MiB in swap, 20 MiB of it held, and other swap full.
fn full_guest(available_kib: u64) -> Guest {
    let guest = Guest::new();
    on(&guest.host, &plain()).unwrap();
    guest.put(
        "/proc/meminfo",
        &format!("MemTotal: 1048576 kB\nMemAvailable: {available_kib} kB\n"),
    );
    guest.put("/proc/swaps", &format!("{SWAPS_HEAD}/dev/vda2 partition 1024 1024 -2\n/dev/tmem0 partition 1048576 102400 100\n"));
    guest.put(
        "/sys/block/tmem0/mm_stat",
        "104857600 20000000 20971520 0 0 0 0 0 0",
    );
    guest
}

#[test]
fn off_wants_room_for_the_pages() {
    let guest = full_guest(80 << 10);
    turn_off(&guest).unwrap();
    let guest = full_guest(79 << 10);
    let error = turn_off(&guest).unwrap_err().to_string();
    assert!(
        error.contains("80.0 MiB more are needed, there are 79.0 MiB"),
        "{error}"
    );
    assert!(swaps::on(&guest.host, "/dev/tmem0").is_some());
    off(&guest.host, &OffOptions { force: true }).unwrap();
}

#[test]
fn off_wants_room_in_every_cgroup() {
    let guest = full_guest(1 << 20);
    guest.put(
        "/proc/self/mounts",
        "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
    );
    let file = |name: &str, text: &str| guest.put(&format!("/sys/fs/cgroup/a/{name}"), text);
    file("memory.max", "1000\n");
    file("memory.swap.current", "600\n");
    file("memory.stat", "anon 300\nfile 500\nshmem 101\n");
    let error = turn_off(&guest).unwrap_err().to_string();
    assert!(error.contains("/a"), "{error}");
    file("memory.stat", "anon 300\nfile 500\nshmem 100\n");
    turn_off(&guest).unwrap();
}

#[test]
fn waits_while_udev_holds_the_disk() {
    let guest = loaded();
    guest.record.borrow_mut().busy = 5;
    let options = OnOptions {
        size: "64M".parse().ok(),
        ..plain()
    };
    on(&guest.host, &options).unwrap();
    guest.record.borrow_mut().busy = 1000;
    assert!(turn_off(&guest).is_err());
}

#[test]
fn other_options_while_on_are_refused() {
    let guest = Guest::new();
    on(&guest.host, &plain()).unwrap();
    let options = OnOptions {
        size: "64M".parse().ok(),
        ..plain()
    };
    let error = on(&guest.host, &options).unwrap_err().to_string();
    assert!(error.contains("tmemctl off"), "{error}");
    assert_eq!(swaps::on(&guest.host, "/dev/tmem0").unwrap().priority, 100);
}

#[test]
fn a_value_changed_by_others_is_left() {
    let guest = Guest::new();
    on(&guest.host, &plain()).unwrap();
    guest.put("/proc/sys/vm/page-cluster", "2\n");
    turn_off(&guest).unwrap();
    assert_eq!(guest.get("/proc/sys/vm/page-cluster"), "2");
    assert_eq!(guest.get("/sys/module/zswap/parameters/enabled"), "Y");
}

#[test]
fn a_killed_on_is_undone_first() {
    let guest = loaded();
    guest.put(
        "/run/tmem/state",
        r#"{"complete":false,"steps":[{"step":"disk","before":{"size":4096,"limit":0,"algorithm":"lz4"}}]}"#,
    );
    on(&guest.host, &plain()).unwrap();
    assert!(guest.said().contains("cut short"));
    assert_eq!(guest.get("/sys/block/tmem0/disksize"), "4096");
}

#[test]
fn a_broken_state_file_is_not_guessed_at() {
    let guest = Guest::new();
    guest.put("/run/tmem/state", "{");
    for result in [on(&guest.host, &plain()), turn_off(&guest)] {
        assert!(result
            .unwrap_err()
            .to_string()
            .contains("remove /run/tmem/state"));
    }
}

#[test]
fn a_disk_swapped_on_by_hand_keeps_its_swap() {
    let guest = loaded();
    guest
        .host
        .run(&["swapon", "-p", "5", "/dev/tmem0"])
        .unwrap();
    on(&guest.host, &plain()).unwrap();
    assert_eq!(guest.get("/proc/sys/vm/page-cluster"), "0");
    let error = turn_off(&guest).unwrap_err().to_string();
    assert!(error.contains("swapoff /dev/tmem0"), "{error}");
    assert_eq!(guest.get("/proc/sys/vm/page-cluster"), "3");
}

#[test]
fn somebody_elses_data_is_not_overwritten() {
    let guest = loaded();
    guest.put("/sys/block/tmem0/mm_stat", "8192 100 4096 0 4096 0 0 0 0");
    guest.put("/dev/tmem0", "an ext4 file system");
    let error = on(&guest.host, &plain()).unwrap_err().to_string();
    assert!(error.contains("not swap"), "{error}");
    assert!(guest.commands().is_empty());

    let mut header = vec![b'.'; 4086];
    header.extend(b"SWAPSPACE2");
    guest.put("/dev/tmem0", &String::from_utf8(header).unwrap());
    on(&guest.host, &plain()).unwrap();
}

#[test]
fn only_root_and_one_at_a_time() {
    let guest = Guest::new();
    let lock = crate::lock::Lock::take(&guest.host).unwrap();
    assert!(on(&guest.host, &plain())
        .unwrap_err()
        .to_string()
        .contains("another tmemctl"));
    drop(lock);
    guest.put("/proc/self/status", "Uid:\t1000\t1000\t1000\t1000\n");
    assert!(on(&guest.host, &plain())
        .unwrap_err()
        .to_string()
        .contains("sudo"));
    assert!(turn_off(&guest).unwrap_err().to_string().contains("sudo"));
}
