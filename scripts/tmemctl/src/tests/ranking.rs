// SPDX-License-Identifier: GPL-2.0
//! `top`: rows, their order, names and hints.

use crate::cli::SortKey;
use crate::fake::Guest;
use crate::settings::ZSWAP;
use crate::top::{self, Top};

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// tmem is loaded, zswap is off, cgroups are mounted.
fn guest() -> Guest {
    let guest = Guest::new();
    guest.put("/sys/module/tmem/refcnt", "1");
    guest.put(ZSWAP, "N\n");
    guest.put(
        "/proc/self/mounts",
        "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
    );
    guest.put("/sys/fs/cgroup/cgroup.procs", "1\n");
    guest.put("/sys/kernel/tmem/max_bytes", "536870912\n");
    guest.put("/sys/kernel/tmem/stats/logical_bytes", "314572800\n");
    guest.put("/sys/kernel/tmem/stats/arena_bytes", "100663296\n");
    guest.put("/sys/kernel/tmem/stats/metadata_bytes", "4194304\n");
    guest.put("/sys/kernel/tmem/cgroups/default_limit", "100%\n");
    guest
}

/// A cgroup that has stored so many pages, a quarter of their bytes compressed.
fn cgroup(guest: &Guest, id: u64, path: &str, pages: u64) {
    let file = |name: &str, value: &str| {
        guest.put(&format!("/sys/kernel/tmem/cgroups/{id}/{name}"), value);
    };
    file("path", &format!("{path}\n"));
    file("weight", "100\n");
    file("limit_bytes", "50%\n");
    file("limit_effective_bytes", "8388608\n");
    file("pages", &pages.to_string());
    file("logical_bytes", &(pages * 4096).to_string());
    file("compressed_bytes", &(pages * 1024).to_string());
    file("puts_refused", "0\n");
    file("evictions", "0\n");
    file("written_back_bytes", "0\n");
    file("recompress_usec", "0\n");
    guest.put(&format!("/sys/fs/cgroup{path}/memory.swap.max"), "max\n");
    guest.put(&format!("/sys/fs/cgroup{path}/cgroup.procs"), "7\n");
}

fn set(guest: &Guest, id: u64, name: &str, value: &str) {
    guest.put(&format!("/sys/kernel/tmem/cgroups/{id}/{name}"), value);
}

fn read(guest: &Guest) -> Top {
    top::read(&guest.host, SortKey::Holds).unwrap()
}

fn names(guest: &Guest, sort: SortKey) -> Vec<String> {
    let top = top::read(&guest.host, sort).unwrap();
    top.cgroups.into_iter().map(|row| row.name).collect()
}

/// How `top` calls a cgroup of this path.
fn name(guest: &Guest, path: &str) -> String {
    cgroup(guest, 42, path, 1);
    let top = read(guest);
    let row = top.cgroups.iter().find(|row| row.id == 42);
    row.unwrap().name.clone()
}

#[test]
fn shows_what_each_holds_saves_loses_and_costs() {
    let guest = guest();
    cgroup(&guest, 31, "/system.slice/valkey.service", 2560);
    set(&guest, 31, "puts_refused", "17");
    set(&guest, 31, "evictions", "23");
    set(&guest, 31, "written_back_bytes", "1048576");
    set(&guest, 31, "recompress_usec", "81999");
    let text = top::text(&read(&guest));
    assert!(
        text.starts_with("tmem holds 300.0 MiB of pages in 100.0 MiB of RAM, 512.0 MiB at most."),
        "{text}"
    );
    let row = text.lines().find(|line| line.contains("valkey")).unwrap();
    let cells: Vec<_> = row.split("  ").filter(|cell| !cell.is_empty()).collect();
    let cells: Vec<_> = cells.iter().map(|cell| cell.trim()).collect();
    assert_eq!(
        cells,
        [
            "valkey.service",
            "10.0 MiB",
            "2.5 MiB",
            "8.0 MiB",
            "7.5 MiB",
            "17",
            "23",
            "1.0 MiB",
            "81 ms"
        ]
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 120),
        "{text}"
    );
}

#[test]
fn a_limit_that_is_none_says_so() {
    let guest = guest();
    cgroup(&guest, 31, "/a", 1);
    set(&guest, 31, "limit_effective_bytes", "max\n");
    assert!(top::text(&read(&guest)).contains("none"));
}

#[test]
fn sorts_as_asked() {
    let guest = guest();
    cgroup(&guest, 1, "/b", 10);
    cgroup(&guest, 2, "/a", 30);
    cgroup(&guest, 3, "/c", 20);
    set(&guest, 3, "evictions", "5");
    set(&guest, 1, "recompress_usec", "9");
    // It saves more than the others, though it holds less.
    set(&guest, 1, "compressed_bytes", "0");
    set(&guest, 1, "logical_bytes", "100000");
    for (sort, order) in [
        (SortKey::Holds, ["/a", "/b", "/c"]),
        (SortKey::Ram, ["/a", "/c", "/b"]),
        (SortKey::Saved, ["/b", "/a", "/c"]),
        (SortKey::Evicted, ["/c", "/a", "/b"]),
        (SortKey::Cpu, ["/b", "/a", "/c"]),
        (SortKey::Refused, ["/a", "/b", "/c"]),
        (SortKey::Disk, ["/a", "/b", "/c"]),
        (SortKey::Name, ["/a", "/b", "/c"]),
    ] {
        assert_eq!(names(&guest, sort), order, "{sort:?}");
    }
}

#[test]
fn json_has_every_value() {
    let guest = guest();
    cgroup(&guest, 31, "/a", 3);
    let json = serde_json::to_value(read(&guest)).unwrap();
    assert_eq!(json["held_bytes"], 104857600);
    assert_eq!(json["max_bytes"], 536870912);
    let row = &json["cgroups"][0];
    assert_eq!(row["id"], 31);
    assert_eq!(row["path"], "/a");
    assert_eq!(row["limit_bytes"], "50%");
    assert_eq!(row["limit_effective_bytes"], 8388608);
    assert_eq!(row["logical_bytes"], 3 * 4096);
    assert_eq!(row["saved_bytes"], 3 * 3072);
    assert_eq!(row["hint"], serde_json::Value::Null);
    assert_eq!(json["cgroups"].as_array().unwrap().len(), 1);
}

#[test]
fn names_systemd_units() {
    let guest = guest();
    for (path, expected) in [
        ("/", "/"),
        ("/plain/group", "/plain/group"),
        ("/system.slice", "system.slice"),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope",
            "run-r1.scope",
        ),
        (
            r"/machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt",
            "machine-qemu-1-vm.scope/libvirt",
        ),
        (r"/a.slice/odd\xzz\x.service", r"odd\xzz\x.service"),
    ] {
        assert_eq!(name(&guest, path), expected);
    }
}

#[test]
fn names_containers_of_docker_and_podman() {
    let guest = guest();
    let docker = format!("/system.slice/docker-{ID}.scope");
    assert_eq!(name(&guest, &docker), "0123456789ab (docker)");
    guest.put(
        &format!("/var/lib/docker/containers/{ID}/config.v2.json"),
        r#"{"Name": "/web"}"#,
    );
    assert_eq!(name(&guest, &docker), "web (docker)");
    assert_eq!(
        name(&guest, &format!("{docker}/init.scope")),
        "web (docker)/init.scope"
    );
    let podman = format!(
        "/machine.slice/libpod-{}.scope/container",
        ID.replace('0', "f")
    );
    let list = format!(r#"[{{"id": "{}", "names": ["db"]}}]"#, ID.replace('0', "f"));
    guest.put("/etc/passwd", "me:x:1000:1000:me:/home/me:/bin/sh\n");
    for storage in ["/var/lib", "/home/me/.local/share"] {
        let file = format!("{storage}/containers/storage/overlay-containers/containers.json");
        guest.put(&file, &list);
        assert_eq!(name(&guest, &podman), "db (podman)/container");
        std::fs::remove_file(guest.host.path(&file)).unwrap();
    }
}

#[test]
fn names_containers_of_kubernetes() {
    let guest = guest();
    let path = format!("/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope");
    assert_eq!(name(&guest, &path), "0123456789ab (cri-containerd)");
    guest.put(
        &format!("/var/log/containers/web-0_shop_nginx-{ID}.log"),
        "",
    );
    assert_eq!(name(&guest, &path), "shop/web-0/nginx (cri-containerd)");
}

#[test]
fn names_containers_that_only_the_runtime_knows() {
    let guest = guest();
    guest.put("/run/crun/good/status", r#"{"cgroup-path": "/tenants/x1"}"#);
    guest.put(
        "/run/runc/bad/state.json",
        r#"{"cgroup_paths": {"": "/sys/fs/cgroup/tenants/x2"}}"#,
    );
    assert_eq!(name(&guest, "/tenants/x1"), "good (crun)");
    assert_eq!(name(&guest, "/tenants/x1/below"), "good (crun)/below");
    assert_eq!(name(&guest, "/tenants/x2"), "bad (runc)");
    assert_eq!(name(&guest, "/tenants"), "/tenants");
}

#[test]
fn long_names_lose_their_beginning() {
    let guest = guest();
    let path = format!("/{}/end", "a".repeat(50));
    cgroup(&guest, 31, &path, 1);
    assert!(top::text(&read(&guest)).contains("…aaa"));
    assert_eq!(read(&guest).cgroups[0].name, path);
}

/// What is said of the cgroup of this path.
fn hint(guest: &Guest, path: &str) -> Option<String> {
    let top = read(guest);
    let row = top.cgroups.iter().find(|row| row.path == path);
    row.unwrap().hint.clone()
}

#[test]
fn says_that_a_cgroup_may_not_swap() {
    let guest = guest();
    cgroup(&guest, 31, "/pods/a", 0);
    assert_eq!(hint(&guest, "/pods/a"), None);
    guest.put("/sys/fs/cgroup/pods/a/memory.swap.max", "0\n");
    let reason = "may not swap (memory.swap.max=0)";
    assert_eq!(hint(&guest, "/pods/a").unwrap(), reason);
    assert!(top::text(&read(&guest)).contains(&format!("/pods/a    0 B  {reason}\n")));
    guest.put("/sys/fs/cgroup/pods/a/memory.swap.max", "max\n");
    guest.put("/sys/fs/cgroup/pods/memory.swap.max", "0\n");
    assert_eq!(
        hint(&guest, "/pods/a").unwrap(),
        "may not swap (memory.swap.max=0 in /pods)"
    );
    set(&guest, 31, "pages", "1");
    assert_eq!(hint(&guest, "/pods/a"), None);
}

#[test]
fn shows_cgroups_that_never_reached_tmem() {
    let guest = guest();
    guest.put("/sys/fs/cgroup/pods/a/memory.swap.max", "0\n");
    guest.put("/sys/fs/cgroup/pods/a/below/memory.swap.max", "0\n");
    guest.put("/sys/fs/cgroup/in-zswap/memory.zswap.current", "12582912\n");
    guest.put("/sys/fs/cgroup/in-zswap/cgroup.procs", "8\n");
    let top = read(&guest);
    let paths: Vec<_> = top.cgroups.iter().map(|row| row.path.as_str()).collect();
    assert_eq!(paths, ["/in-zswap", "/pods/a"]);
    assert!(top.cgroups.iter().all(|row| row.id > 1));
    assert_eq!(
        hint(&guest, "/in-zswap").unwrap(),
        "zswap, in front of tmem, holds 12.0 MiB"
    );
}

#[test]
fn says_that_zswap_is_in_front() {
    let guest = guest();
    cgroup(&guest, 31, "/a", 0);
    cgroup(&guest, 32, "/b", 1);
    assert!(read(&guest).notes.is_empty());
    guest.put(ZSWAP, "Y\n");
    assert!(read(&guest).notes[0].contains("zswap is on, in front of tmem"));
    assert_eq!(hint(&guest, "/a").unwrap(), "zswap is in front of tmem");
    assert_eq!(hint(&guest, "/b"), None);
}

#[test]
fn a_cgroup_that_goes_meanwhile_is_left_out() {
    let guest = guest();
    guest.put("/sys/kernel/tmem/cgroups/77/weight", "100\n");
    assert!(read(&guest).cgroups.is_empty());
}

#[test]
fn says_why_there_is_nothing_to_see() {
    let error = |guest: &Guest| {
        top::read(&guest.host, SortKey::Holds)
            .err()
            .unwrap()
            .to_string()
    };
    let guest = guest();
    guest.put("/proc/self/status", "Uid:\t1000\t1000\t1000\t1000\n");
    assert!(error(&guest).contains("sudo tmemctl top"));
    std::fs::remove_dir_all(guest.host.path("/sys/kernel/tmem/cgroups")).unwrap();
    assert!(error(&guest).contains("does not account by cgroup"));
    std::fs::remove_dir_all(guest.host.path("/sys/module/tmem")).unwrap();
    assert!(error(&guest).contains("not loaded"));
}
