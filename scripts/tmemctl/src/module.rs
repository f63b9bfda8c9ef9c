// SPDX-License-Identifier: GPL-2.0
//! The kernel module: loading it, taking it out, and what modinfo knows of a tmem.ko.

use crate::error::Error;
use crate::host::Host;
use crate::journal::{Journal, Step};
use std::path::Path;

const LOADED: &str = "/sys/module/tmem";

pub fn is_loaded(host: &Host) -> bool {
    host.exists(LOADED)
}

pub fn load(host: &Host, journal: &mut Journal, file: Option<&Path>) -> Result<(), Error> {
    if is_loaded(host) {
        if let Some(file) = file {
            host.say(&format!(
                "tmem is loaded already: did not load {}",
                file.display()
            ));
        }
        return Ok(());
    }
    insert(host, journal, file)
        .map_err(|error| error.remedy("`tmemctl check` says what stands in the way"))
}

fn insert(host: &Host, journal: &mut Journal, file: Option<&Path>) -> Result<(), Error> {
    let name = file.map_or("tmem".into(), |file| file.to_string_lossy());
    let needs = missing_needs(host, &name)?;
    journal.record(Step::Load {
        needs: needs.clone(),
    })?;
    if file.is_some() {
        // insmod, unlike modprobe, does not look for what the module needs.
        for need in &needs {
            host.run(&["modprobe", need])?;
        }
        host.run(&["insmod", &name])?;
    } else {
        host.run(&["modprobe", "tmem"])?;
    }
    host.say(&format!("loaded the module {name}"));
    Ok(())
}

/// The modules a tmem.ko needs that are not loaded yet.
fn missing_needs(host: &Host, name: &str) -> Result<Vec<String>, Error> {
    let needs = info(host, "depends", name)?;
    let loaded = |need: &str| host.exists(&format!("/sys/module/{}", need.replace('-', "_")));
    let missing = needs
        .split(',')
        .filter(|need| !need.is_empty() && !loaded(need));
    Ok(missing.map(String::from).collect())
}

/// One field of what modinfo says of a module, by name or by file.
pub fn info(host: &Host, field: &str, name: &str) -> Result<String, Error> {
    Ok(host
        .run(&["modinfo", "-F", field, name])?
        .trim()
        .to_string())
}

/// Takes tmem out, and what came in with it unless others use that now.
pub fn unload(host: &Host, needs: &[String]) -> Result<(), Error> {
    if is_loaded(host) {
        host.wait_until(|| is_unused(host, "tmem"));
        host.run(&["rmmod", "tmem"]).map_err(|error| {
            error.remedy("something else uses tmem (lsmod names modules, `fuser -v /dev/tmem*` processes): stop it, then try again")
        })?;
        host.say("unloaded the module tmem");
    }
    for need in needs {
        if is_unused(host, need) {
            host.run(&["rmmod", need])?;
        }
    }
    Ok(())
}

fn is_unused(host: &Host, module: &str) -> bool {
    let name = module.replace('-', "_");
    host.number(&format!("/sys/module/{name}/refcnt")) == Some(0)
}
