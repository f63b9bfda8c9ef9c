// SPDX-License-Identifier: GPL-2.0
//! What an administrator sees and sets. All files are of process context and may sleep.
#![forbid(unsafe_code)]

/// Defines files for root alone that say one thing each: of a name, and its value. `GROUP of HOST:` says what they
/// are to be called together, and whose they are.
macro_rules! value_files {
    ($group:ident of $host:ty: $($name:ident = $file:literal => $show:expr),* $(,)?) => {
        $(
            struct $name;

            impl Attribute<$host> for $name {
                const NAME: &'static CStr = $file;
                const MODE: u16 = 0o400;

                fn show(host: &$host, out: &mut Text<'_>) -> Result {
                    let show: fn(&$host, &mut Text<'_>) -> Result = $show;
                    show(host, out)
                }
            }
        )*

        attribute_group!($group, KobjectAttribute::<$host>, None => $($name),*);
    };
}

mod backing;
pub mod cgroups;
mod children;
pub mod control;
pub mod debug;
pub mod disk;
pub mod module;
pub mod pools;

use crate::core::size;
use kernel::prelude::*;

/// Reads a byte value: `512M`, `0`. EINVAL for anything else.
fn bytes(value: &str) -> Result<u64> {
    size::parse(value).ok_or(EINVAL)
}

/// Reads a number. EINVAL for anything else.
fn number(value: &str) -> Result<u32> {
    let number = size::parse_decimal(value).ok_or(EINVAL)?;
    u32::try_from(number).map_err(|_| EINVAL)
}

/// Reads 0 or 1. EINVAL for anything else.
fn flag(value: &str) -> Result<bool> {
    match number(value)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(EINVAL),
    }
}
