// SPDX-License-Identifier: GPL-2.0
//! The kernel's random numbers.

use super::bindings;

/// Words that nobody can guess. Any context.
pub fn words<const N: usize>() -> [u64; N] {
    let mut words = [0; N];
    // SAFETY: the buffer is ours and as long as said.
    unsafe { bindings::get_random_bytes(words.as_mut_ptr().cast(), size_of_val(&words)) };
    words
}
