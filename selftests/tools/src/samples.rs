// SPDX-License-Identifier: GPL-2.0
//! Costs of single operations, and whether two lots of them could be of one kind.

/// Nanoseconds, one each.
#[derive(Default)]
pub struct Samples(Vec<u64>);

/// How seldom two lots of one kind are taken for two: a thousandth of all tries.
const CRITICAL: f64 = 1.95;

impl Samples {
    pub fn add(&mut self, nanoseconds: u64) {
        self.0.push(nanoseconds);
    }

    pub fn mean(&self) -> u64 {
        mean(&self.0)
    }

    /// Of the last so many.
    pub fn mean_of_last(&self, number: usize) -> u64 {
        mean(&self.0[self.0.len().saturating_sub(number)..])
    }

    pub fn most(&self) -> u64 {
        self.0.iter().copied().max().unwrap_or(0)
    }

    /// What so many in a hundred are not above.
    pub fn quantile(&self, percent: usize) -> u64 {
        let sorted = self.sorted();
        sorted
            .get((sorted.len() * percent / 100).min(sorted.len() - 1))
            .copied()
            .unwrap_or(0)
    }

    /// The largest distance of both distributions (Kolmogorov and Smirnov), in parts of what two
    /// lots of one kind seldom exceed.
    pub fn distance(&self, other: &Self) -> f64 {
        let (ours, theirs) = (self.sorted(), other.sorted());
        let (m, n) = (ours.len() as f64, theirs.len() as f64);
        let below = |sorted: &[u64], value| sorted.partition_point(|each| *each <= value) as f64;
        let largest = ours
            .iter()
            .chain(&theirs)
            .map(|&value| (below(&ours, value) / m - below(&theirs, value) / n).abs())
            .fold(0.0, f64::max);
        largest / (CRITICAL * ((m + n) / (m * n)).sqrt())
    }

    fn sorted(&self) -> Vec<u64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted
    }
}

fn mean(values: &[u64]) -> u64 {
    values.iter().sum::<u64>() / values.len().max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Rng;

    /// The sum of some random numbers below 1000, `more` added to each.
    fn samples(seed: u64, number: usize, more: u64) -> Samples {
        let mut rng = Rng::new(seed);
        let sum = |rng: &mut Rng| (0..4).map(|_| rng.below(1000)).sum::<u64>();
        Samples((0..number).map(|_| sum(&mut rng) + more).collect())
    }

    #[test]
    fn one_kind_is_seldom_taken_for_two() {
        let taken = (0..400)
            .filter(|seed| samples(2 * seed, 500, 0).distance(&samples(2 * seed + 1, 700, 0)) > 1.0)
            .count();
        assert!(taken <= 3, "{taken} of 400");
    }

    #[test]
    fn two_kinds_are_told_apart() {
        // A tenth of the spread.
        assert!(samples(1, 5000, 0).distance(&samples(2, 5000, 60)) > 1.0);
        assert!(samples(1, 50, 0).distance(&samples(2, 50, 4000)) > 2.5);
    }

    #[test]
    fn equal_values_are_one_step() {
        let constant = |value| Samples(vec![value; 100]);
        assert_eq!(constant(7).distance(&constant(7)), 0.0);
        assert!(constant(7).distance(&constant(8)) > 3.0);
    }

    #[test]
    fn figures() {
        let samples = Samples((0..100).collect());
        assert_eq!((samples.mean(), samples.mean_of_last(10)), (49, 94));
        assert_eq!(
            (samples.most(), samples.quantile(50), samples.quantile(100)),
            (99, 50, 99)
        );
    }
}
