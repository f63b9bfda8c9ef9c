// SPDX-License-Identifier: GPL-2.0
//! How a worker in the background keeps out of the way, and when it is time for it.
#![forbid(unsafe_code)]

/// How long a worker sleeps when others waited for the CPU, in milliseconds.
pub const YIELD_MS: u32 = 100;

/// How long it sleeps when there is nothing to do, in milliseconds.
pub const REST_MS: u32 = 1000;

/// How long a worker that just worked for `worked_ns` has to sleep, so that it takes no more than
/// `percent` of a CPU (1..=100), in milliseconds.
pub fn pause_ms(worked_ns: u64, percent: u64) -> u32 {
    let percent = percent.clamp(1, 100);
    let pause_ns = worked_ns.saturating_mul(100 - percent) / percent;
    u32::try_from(pause_ns.div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

/// Time in which the worker was there to see what happens. A guest that was stopped for an hour
/// wakes up an hour later, but nothing in it had the chance to be used: no more is counted than
/// what the worker slept on purpose, and worked.
pub struct Watch {
    last_ns: u64,
    seen_ns: u64,
}

impl Watch {
    /// Nothing seen yet, at `now_ns` of a monotonic clock.
    pub const fn new(now_ns: u64) -> Self {
        Self {
            last_ns: now_ns,
            seen_ns: 0,
        }
    }

    /// The worker is back from `pause_ms` of sleep. A second more is taken for a busy machine.
    pub fn see(&mut self, now_ns: u64, pause_ms: u32) {
        let most = u64::from(pause_ms).saturating_mul(1_000_000) + 1_000_000_000;
        let passed = now_ns.saturating_sub(self.last_ns).min(most);
        self.last_ns = now_ns;
        self.seen_ns = self.seen_ns.saturating_add(passed);
    }

    /// Whether `seconds` were seen since this was last true; then counting starts anew.
    pub fn is_over(&mut self, seconds: u64) -> bool {
        let over = self.seen_ns >= seconds.saturating_mul(1_000_000_000);
        if over {
            self.seen_ns = 0;
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    #[test]
    fn pauses_keep_the_share() {
        assert_eq!(pause_ms(4_000_000, 100), 0);
        assert_eq!(pause_ms(4_000_000, 50), 4);
        assert_eq!(pause_ms(4_000_000, 10), 36);
        assert_eq!(pause_ms(1, 10), 1);
        assert_eq!(pause_ms(4_000_000, 0), pause_ms(4_000_000, 1));
        assert_eq!(pause_ms(u64::MAX, 1), u32::MAX);
    }

    #[test]
    fn time_passes() {
        let mut watch = Watch::new(5 * S);
        watch.see(6 * S, 1000);
        assert!(!watch.is_over(2));
        watch.see(7 * S, 1000);
        assert!(watch.is_over(2));
        assert!(!watch.is_over(2));
    }

    #[test]
    fn a_stopped_guest_sees_nothing() {
        let mut watch = Watch::new(0);
        watch.see(3600 * S, 1000);
        assert!(!watch.is_over(3));
        assert!(watch.is_over(2));
    }

    #[test]
    fn a_clock_set_back_does_no_harm() {
        let mut watch = Watch::new(10 * S);
        watch.see(5 * S, 1000);
        assert!(!watch.is_over(1));
        watch.see(6 * S, 1000);
        assert!(watch.is_over(1));
    }
}
