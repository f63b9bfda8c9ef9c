// SPDX-License-Identifier: GPL-2.0
//! The page encoder against liblz4's decoder: ordinary pages, and a hostile world.

mod hostile;
mod liblz4;
mod pages;
mod round_trip;
