// SPDX-License-Identifier: GPL-2.0
//! /sys/class/tmem-control: disks come and go, as zram-control does it.
#![forbid(unsafe_code)]

use crate::{
    attribute_group,
    ffi::{
        attribute::{Attribute, Groups, Text},
        class::{Class, ClassAttribute},
    },
    frontend::Registry,
};
use kernel::{prelude::*, sync::Arc};

type State = Arc<Registry>;

/// Makes the directory. May sleep. ENOMEM.
pub fn create(registry: State) -> Result<Class<State>> {
    static GROUPS: Groups<2> = Groups::new([Some(&GROUP), None]);
    Class::new(c"tmem-control", registry, GROUPS.list())
}

attribute_group!(GROUP, ClassAttribute::<State>, None => HotAdd, HotRemove);

/// Reading it adds a disk and says its number: not the usual read.
struct HotAdd;

impl Attribute<State> for HotAdd {
    const NAME: &'static CStr = c"hot_add";
    const MODE: u16 = 0o400;

    fn show(registry: &State, out: &mut Text<'_>) -> Result {
        out.value(registry.add()?)
    }
}

/// Writing a disk's number removes it.
struct HotRemove;

impl Attribute<State> for HotRemove {
    const NAME: &'static CStr = c"hot_remove";
    const MODE: u16 = 0o200;

    fn store(registry: &State, value: &str) -> Result {
        registry.remove(super::number(value)?)
    }
}
