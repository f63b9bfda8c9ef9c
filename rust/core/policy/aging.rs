// SPDX-License-Identifier: GPL-2.0
//! A clock that lets pages get old before they leave, as old as there is time for.
#![forbid(unsafe_code)]

use super::{super::size::PAGE_SIZE, Replacement, Verdict, MOST_AGE};

/// Pages that stay in a row before younger ones may leave, too.
const ROW: usize = 64;

/// The age that a page counts as which is of `age` and takes `bytes`, at most a page's. The more it takes, the older it counts: so much
/// more room is there when it has left, for others that are asked for as often (after L. Cherkasova, "Improving WWW Proxies
/// Performance with Greedy-Dual-Size-Frequency Caching Policy", HP Labs 1998). One that takes half a page counts as it is.
pub fn by_size(age: u8, bytes: usize) -> u8 {
    let times = usize::from(age).saturating_add(1).saturating_mul(bytes);
    let counted = (times / (PAGE_SIZE / 2)).saturating_sub(1);
    counted.min(MOST_AGE.into()) as u8
}

/// Pages leave from the age of `ripe` on, which follows what there is: it goes down while nothing
/// is so old, and up again with each page that is older. At 0, one page leaves that was asked for
/// since the hand came by last: so were all in so long a row.
pub struct AgingClock {
    ripe: u8,
    stayed: usize,
}

impl AgingClock {
    /// One that has seen nothing yet.
    pub const fn new() -> Self {
        Self {
            ripe: MOST_AGE,
            stayed: 0,
        }
    }
}

impl Default for AgingClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Replacement for AgingClock {
    const PATIENCE: usize = ROW * MOST_AGE as usize + 1;

    fn verdict(&mut self, age: u8) -> Verdict {
        if age >= self.ripe {
            self.ripe += u8::from(age > self.ripe || self.ripe == 0);
            self.stayed = 0;
            return Verdict::Leaves;
        }
        self.stayed += 1;
        if self.stayed == ROW {
            // It is more than the page's age, so it is not 0.
            self.ripe -= 1;
            self.stayed = 0;
        }
        Verdict::Stays(age + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages round which a clock's hand goes, by age.
    struct Pages {
        ages: Vec<Option<u8>>,
        clock: AgingClock,
        hand: usize,
    }

    impl Pages {
        fn new(ages: impl IntoIterator<Item = u8>) -> Self {
            Self {
                ages: ages.into_iter().map(Some).collect(),
                clock: AgingClock::new(),
                hand: 0,
            }
        }

        /// The page that leaves next, after how many that stay.
        fn next(&mut self) -> (usize, usize) {
            let mut stayed = 0;
            loop {
                let at = self.hand;
                self.hand = (at + 1) % self.ages.len();
                let Some(age) = self.ages[at] else { continue };
                match self.clock.verdict(age) {
                    Verdict::Leaves => {
                        self.ages[at] = None;
                        return (at, stayed);
                    }
                    Verdict::Stays(age) => self.ages[at] = Some(age),
                }
                stayed += 1;
            }
        }
    }

    #[test]
    fn the_more_a_page_takes_the_older_it_counts() {
        for age in 0..=MOST_AGE {
            assert_eq!(by_size(age, PAGE_SIZE / 2), age);
            assert_eq!(by_size(age, 0), 0);
            let counted: Vec<_> = (0..=PAGE_SIZE).map(|bytes| by_size(age, bytes)).collect();
            assert!(counted.is_sorted() && counted[PAGE_SIZE] == (2 * age + 1).min(MOST_AGE));
        }
        assert_eq!(by_size(u8::MAX, usize::MAX), MOST_AGE);
    }

    #[test]
    fn the_oldest_leave_first() {
        let mut pages = Pages::new((0..1000).map(|at| if at % 10 == 3 { MOST_AGE } else { 0 }));
        for n in 0..100 {
            assert_eq!(pages.next().0, 10 * n + 3);
        }
    }

    #[test]
    fn what_is_asked_for_stays() {
        let mut pages = Pages::new([0; 1000]);
        for _ in 0..900 {
            for at in (0..1000).step_by(10) {
                pages.ages[at] = pages.ages[at].map(|_| 0);
            }
            pages.next();
        }
        assert!((0..1000).step_by(10).all(|at| pages.ages[at].is_some()));
    }

    #[test]
    fn one_leaves_within_its_patience() {
        for age in 0..=MOST_AGE {
            let mut clock = AgingClock::new();
            for _ in 0..100 {
                let verdicts = (0..AgingClock::PATIENCE).map(|_| clock.verdict(age));
                assert!(verdicts
                    .into_iter()
                    .any(|verdict| verdict == Verdict::Leaves));
            }
        }
        // The worst: a page that was just asked for, each time.
        let mut pages = Pages::new([0; 10_000]);
        assert_eq!(pages.next().1 + 1, AgingClock::PATIENCE);
    }

    #[test]
    fn any_ages_are_kept_in_three_bits() {
        let mut clock = AgingClock::new();
        let mut state = 1_u32;
        for _ in 0..100_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let age = (state >> 29) as u8;
            if let Verdict::Stays(older) = clock.verdict(age) {
                assert!(older == age + 1 && older <= MOST_AGE);
            }
        }
    }

    #[test]
    fn pages_get_old_where_many_are_old() {
        let mut clock = AgingClock::new();
        while clock.verdict(0) != Verdict::Leaves {}
        // Younger ones may leave now; but where there are older ones, these do.
        for _ in 0..MOST_AGE {
            assert_eq!(clock.verdict(MOST_AGE), Verdict::Leaves);
        }
        assert_eq!(clock.verdict(MOST_AGE - 1), Verdict::Stays(MOST_AGE));
    }
}
