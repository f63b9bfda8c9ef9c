// SPDX-License-Identifier: GPL-2.0
//! What people call a cgroup: the name of its container, or of its systemd unit. Container engines leave names in files.

use crate::host::Host;
use serde_json::Value;
use std::collections::HashMap;

/// As long as one look at all cgroups.
pub struct Names<'a> {
    host: &'a Host,
    /// By a container's identifier.
    by_id: HashMap<String, String>,
    /// By a cgroup's path.
    by_path: HashMap<String, String>,
}

impl<'a> Names<'a> {
    pub fn read(host: &'a Host) -> Self {
        Self {
            host,
            by_id: podman_names(host)
                .into_iter()
                .chain(kubernetes_names(host))
                .collect(),
            by_path: runtime_names(host).into_iter().collect(),
        }
    }

    /// The name of the innermost container, else of the innermost unit, and what is below that; else the path.
    pub fn of(&self, path: &str) -> String {
        let named = |name: fn(&Self, &str) -> Option<String>| {
            splits(path).find_map(|(head, rest)| Some(name(self, head)? + rest))
        };
        named(Self::container)
            .or_else(|| named(|_, head| unit(head)))
            .unwrap_or_else(|| path.into())
    }

    fn container(&self, path: &str) -> Option<String> {
        let (_, last) = path.rsplit_once('/')?;
        if let Some((engine, id)) = engine_and_id(last) {
            let name = self.by_id.get(id).cloned();
            let name = name.or_else(|| docker_name(self.host, id));
            // As many digits as the engines themselves show.
            return Some(format!(
                "{} ({engine})",
                name.as_deref().unwrap_or(&id[..12])
            ));
        }
        self.by_path.get(path).cloned()
    }
}

/// `/a/b/c`, ``; `/a/b`, `/c`; and so on.
fn splits(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let ends = path.char_indices().filter(|(_, letter)| *letter == '/');
    let mut ends: Vec<_> = ends.map(|(at, _)| at).filter(|at| *at > 0).collect();
    ends.push(path.len());
    ends.into_iter().rev().map(|at| path.split_at(at))
}

/// `docker-ID.scope`, `libpod-ID.scope`, `cri-containerd-ID.scope`, `libpod-ID`, or the ID alone.
fn engine_and_id(name: &str) -> Option<(&str, &str)> {
    let name = name.strip_suffix(".scope").unwrap_or(name);
    let (engine, id) = name.rsplit_once('-').unwrap_or(("container", name));
    let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let engine = match engine {
        "libpod" => "podman",
        "libpod-conmon" => "podman's conmon",
        engine => engine,
    };
    is_id.then_some((engine, id))
}

fn unit(path: &str) -> Option<String> {
    const KINDS: [&str; 6] = [".service", ".scope", ".slice", ".mount", ".socket", ".swap"];
    let (_, last) = path.rsplit_once('/')?;
    let is_unit = KINDS.iter().any(|kind| last.ends_with(kind));
    is_unit.then(|| unescaped(last))
}

/// systemd writes what is special in its names as `\xHH`.
fn unescaped(name: &str) -> String {
    let mut parts = name.split("\\x");
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let code = part
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                text.push(code.into());
                text += &part[2..];
            }
            None => text = text + "\\x" + part,
        }
    }
    text
}

fn json(host: &Host, path: &str) -> Option<Value> {
    serde_json::from_str(&host.text(path)?).ok()
}

fn docker_name(host: &Host, id: &str) -> Option<String> {
    let config = json(
        host,
        &format!("/var/lib/docker/containers/{id}/config.v2.json"),
    )?;
    let name = config["Name"].as_str()?;
    Some(name.trim_start_matches('/').to_string())
}

/// Of root's containers and those of other users.
fn podman_names(host: &Host) -> Vec<(String, String)> {
    let users = host.text("/etc/passwd").unwrap_or_default();
    let homes = users.lines().filter_map(|line| line.split(':').nth(5));
    let storages = homes.map(|home| format!("{home}/.local/share/containers/storage"));
    std::iter::once("/var/lib/containers/storage".to_string())
        .chain(storages)
        .flat_map(|storage| stored_names(host, &storage))
        .collect()
}

/// The folder is named after the storage driver: `overlay-containers`.
fn stored_names(host: &Host, storage: &str) -> Vec<(String, String)> {
    let folders = host.names(storage).into_iter();
    folders
        .filter(|folder| folder.ends_with("-containers"))
        .filter_map(|folder| json(host, &format!("{storage}/{folder}/containers.json")))
        .flat_map(|list| list.as_array().cloned().unwrap_or_default())
        .filter_map(|container| {
            let id = container["id"].as_str()?.to_string();
            Some((id, container["names"][0].as_str()?.to_string()))
        })
        .collect()
}

/// The kubelet names its logs `POD_NAMESPACE_CONTAINER-ID.log`.
fn kubernetes_names(host: &Host) -> Vec<(String, String)> {
    let logs = host.names("/var/log/containers").into_iter();
    logs.filter_map(|log| {
        let (name, id) = log.strip_suffix(".log")?.rsplit_once('-')?;
        let mut parts = name.split('_');
        let (pod, namespace, container) = (parts.next()?, parts.next()?, parts.next()?);
        Some((id.to_string(), format!("{namespace}/{pod}/{container}")))
    })
    .collect()
}

/// Containers that crun or runc runs by itself: of the paths they may have, these files know.
fn runtime_names(host: &Host) -> Vec<(String, String)> {
    let users = host.names("/run/user").into_iter();
    let places = users
        .map(|user| format!("/run/user/{user}"))
        .chain(["/run".to_string()]);
    places
        .flat_map(|place| {
            let crun = named_paths(host, &format!("{place}/crun"), "crun", crun_path);
            let runc = named_paths(host, &format!("{place}/runc"), "runc", runc_path);
            crun.into_iter().chain(runc)
        })
        .collect()
}

/// In `place` each container has a folder by its name.
fn named_paths(
    host: &Host,
    place: &str,
    engine: &str,
    path: fn(&Host, &str) -> Option<String>,
) -> Vec<(String, String)> {
    let names = host.names(place).into_iter();
    names
        .filter_map(|name| {
            let path = path(host, &format!("{place}/{name}"))?;
            Some((path, format!("{name} ({engine})")))
        })
        .collect()
}

fn crun_path(host: &Host, folder: &str) -> Option<String> {
    let status = json(host, &format!("{folder}/status"))?;
    let path = status["cgroup-path"].as_str()?;
    Some(format!("/{}", path.trim_matches('/')))
}

fn runc_path(host: &Host, folder: &str) -> Option<String> {
    let state = json(host, &format!("{folder}/state.json"))?;
    let path = state["cgroup_paths"][""].as_str()?;
    Some(path.strip_prefix("/sys/fs/cgroup")?.to_string())
}

/// Its end, after `…`, if it is longer than that many letters.
pub fn shortened(name: &str, most: usize) -> String {
    let letters = name.chars().count();
    match letters <= most {
        true => name.into(),
        false => std::iter::once('…')
            .chain(name.chars().skip(letters - most + 1))
            .collect(),
    }
}
