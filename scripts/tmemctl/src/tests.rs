// SPDX-License-Identifier: GPL-2.0
//! Subcommands tried on a fake guest.

mod checking;
mod ranking;
mod switching;
mod watching;
