// SPDX-License-Identifier: GPL-2.0
//! When a put may fail before any work is done for it.
//!
//! Reclaim that meets a full store tries again at once, with the next page and the next.
//! Compressing each of them to find the store still full would burn a CPU to free nothing. So a
//! refusal closes the store's gate for [`WINDOW_NS`]: puts that need memory fail at the price of
//! one load and one clock reading, and one put a window finds out whether there is memory again.
//! Any page that is freed opens the gate at once.
#![forbid(unsafe_code)]

/// How long a refusal keeps the gate shut, in nanoseconds: 50 attempts a second at most.
pub const WINDOW_NS: u64 = 20_000_000;

/// The gate's value when it is open.
pub const OPEN: u64 = 0;

/// The gate's value after a refusal at `now` (nanoseconds of any monotonic clock).
pub fn shut(now: u64) -> u64 {
    now.saturating_add(WINDOW_NS).max(1)
}

/// Whether `gate` still turns a put away. The clock is read only when it is not [`OPEN`].
///
/// A gate that is further ahead than a window was shut by a CPU whose clock is ahead, or before the
/// clock was set back: it counts as open, so that no clock can shut the store for good.
pub fn turns_away(gate: u64, now: impl FnOnce() -> u64) -> bool {
    gate != OPEN
        && gate
            .checked_sub(now())
            .is_some_and(|left| 0 < left && left <= WINDOW_NS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_reads_no_clock() {
        assert!(!turns_away(OPEN, || unreachable!()));
    }

    #[test]
    fn shuts_for_a_window() {
        let gate = shut(1000);
        assert!(turns_away(gate, || 1000));
        assert!(turns_away(gate, || 1000 + WINDOW_NS - 1));
        assert!(!turns_away(gate, || 1000 + WINDOW_NS));
        assert!(!turns_away(gate, || u64::MAX));
    }

    #[test]
    fn a_clock_set_back_does_not_shut_for_good() {
        assert!(!turns_away(shut(u64::MAX / 2), || 0));
        assert_ne!(shut(0), OPEN);
    }
}
