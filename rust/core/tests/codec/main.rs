// SPDX-License-Identifier: GPL-2.0
//! The page codec against liblz4: ordinary pages, and a hostile world.

mod blocks;
mod comparing;
mod decoding;
mod hostile;
mod liblz4;
mod pages;
mod properties;
mod reference;
mod round_trip;
