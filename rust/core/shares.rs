// SPDX-License-Identifier: GPL-2.0
//! Who gives up memory when there is not enough for all: proportional shares by min-funding
//! revocation, with a tax on what is idle (C. Waldspurger, "Memory Resource Management in VMware ESX
//! Server", OSDI 2002, section 5).
//!
//! Whoever pays least for a byte gives one up: its weight, divided by what it holds, where an idle
//! byte counts more than one that is used. So what each holds follows the weights while all want
//! more, and what one does not want is the others'. Nothing is remembered of who had how much: who
//! comes back pays most, and gets its share as fast as it asks.
#![forbid(unsafe_code)]

/// The largest tax, in percent: an idle byte counts a hundred times one that is used.
pub const MOST_TAX: u32 = 99;

/// The tax until somebody sets another.
pub const TAX: u32 = 75;

/// What everybody pays with who was not told.
pub const WEIGHT: u16 = 100;

/// What one holds, and what it pays with.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    /// Bytes.
    pub held: u64,
    /// Of these, bytes that nobody asked for in a while.
    pub idle: u64,
    /// Bytes that others do not take from it.
    pub reserve: u64,
    /// 1 and more.
    pub weight: u16,
}

impl Holding {
    /// What it pays for a byte, when idle ones are taxed by `tax` percent; [`None`] when it gives up
    /// none: it holds nothing, or no more than its reserve. The less, the sooner it gives.
    pub fn price(&self, tax: u32) -> Option<u64> {
        if self.held == 0 || self.held <= self.reserve {
            return None;
        }
        let idle = self.idle.min(self.held);
        let rate = u64::from(100 - tax.min(MOST_TAX));
        // An idle byte is as many bytes as there are rates in a hundred.
        let counted = (self.held - idle).saturating_add(idle.saturating_mul(100) / rate);
        Some(u64::from(self.weight).saturating_mul(1 << 48) / counted.max(1))
    }
}

/// Which of them gives up memory next: the first of those that pay least. [`None`] when none does.
pub fn who_gives<K>(holdings: impl Iterator<Item = (K, Holding)>, tax: u32) -> Option<K> {
    holdings
        .filter_map(|(who, holding)| Some((who, holding.price(tax)?)))
        .min_by_key(|(_, price)| *price)
        .map(|(who, _)| who)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(weight: u16, held: u64) -> Holding {
        Holding {
            held,
            idle: 0,
            reserve: 0,
            weight,
        }
    }

    /// What each holds in the end, when all always want more of `whole` bytes.
    fn backlogged(weights: &[u16], whole: u64) -> Vec<u64> {
        let mut held: Vec<u64> = vec![0; weights.len()];
        for step in 0..whole as usize * 20 {
            let asks = step % weights.len();
            if held.iter().sum::<u64>() == whole {
                let holdings = weights
                    .iter()
                    .zip(&held)
                    .map(|(weight, held)| of(*weight, *held));
                let gives = who_gives(holdings.enumerate(), TAX).unwrap();
                held[gives] -= 1;
            }
            held[asks] += 1;
        }
        held
    }

    #[test]
    fn shares_follow_weights() {
        for weights in [
            vec![1, 2],
            vec![1, 3],
            vec![100, 100],
            vec![1, 2, 3, 4],
            vec![5; 8],
        ] {
            let all: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
            for (weight, held) in weights.iter().zip(backlogged(&weights, 10 * all)) {
                let share = 10 * u64::from(*weight);
                assert!(held.abs_diff(share) <= 1, "{weights:?}: {held} for {share}");
            }
        }
    }

    #[test]
    fn what_one_does_not_want_is_the_others() {
        // The first wants 10 of 100 and no more; it is asked last.
        let held = [of(100, 10), of(100, 45), of(100, 45)];
        assert_ne!(who_gives(held.into_iter().enumerate(), TAX), Some(0));
    }

    #[test]
    fn idle_bytes_are_taxed() {
        let idle = Holding {
            idle: 100,
            ..of(100, 100)
        };
        // At three quarters, an idle byte is four.
        assert_eq!(idle.price(75), of(100, 400).price(75));
        assert_eq!(idle.price(0), of(100, 100).price(0));
        assert_eq!(
            who_gives([of(100, 399), idle].into_iter().enumerate(), 75),
            Some(1)
        );
        assert_eq!(
            who_gives([of(100, 401), idle].into_iter().enumerate(), 75),
            Some(0)
        );
    }

    #[test]
    fn a_reserve_is_not_taken() {
        let reserved = Holding {
            reserve: 1000,
            ..of(1, 1000)
        };
        assert_eq!(reserved.price(TAX), None);
        assert_eq!(
            who_gives([reserved, of(10_000, 1)].into_iter().enumerate(), TAX),
            Some(1)
        );
        assert!(Holding {
            held: 1001,
            ..reserved
        }
        .price(TAX)
        .is_some());
        assert_eq!(who_gives([reserved].into_iter().enumerate(), TAX), None);
    }

    #[test]
    fn any_numbers_do() {
        for held in [0, 1, u64::MAX / 2, u64::MAX] {
            for weight in [1, 100, 10_000] {
                for tax in [0, 75, 99, 1000] {
                    let holding = Holding {
                        idle: held,
                        ..of(weight, held)
                    };
                    assert_eq!(holding.price(tax).is_some(), held != 0);
                }
            }
        }
    }
}
