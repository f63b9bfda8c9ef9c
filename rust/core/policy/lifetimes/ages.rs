// SPDX-License-Identifier: GPL-2.0
//! How old pages are when they are asked for, and what it is worth to keep those of each age.
#![forbid(unsafe_code)]

use super::FOLLOWED;

/// Ages are told apart by halves of an octave, from four on.
pub(super) const CLASSES: usize = 21;

/// What was seen fades by a part with each valuation. So that it does in small steps, an event counts more than one.
pub(super) const EVENT: u64 = 1 << 10;
const FADES: u64 = 16;

/// The age at which a class begins.
pub(super) const fn begin(class: usize) -> u32 {
    match class {
        0 => 0,
        CLASSES => FOLLOWED,
        _ => (2 | (class as u32 - 1) & 1) << ((class as u32 + 1) / 2),
    }
}

pub(super) fn class_of(age: u32) -> usize {
    let bits = u32::BITS - age.leading_zeros();
    let half = (age >> bits.saturating_sub(2)) & 1;
    let class = (2 * bits + half).saturating_sub(5);
    (class as usize).min(CLASSES - 1)
}

/// What was seen of pages of an age.
#[derive(Clone, Copy, Default)]
struct Class {
    /// Pages of the sample that are of this age now.
    pages: u64,
    /// Pages seen, once for each step that they stayed.
    seen: u64,
    /// Those that were asked for, and those that ended otherwise.
    asked: u64,
    ended: u64,
    /// What it is worth to keep one.
    worth: u32,
}

/// What was seen of pages of all ages.
#[derive(Default)]
pub(super) struct Ages([Class; CLASSES]);

impl Ages {
    /// A page comes: all get older by one step.
    pub(super) fn pass(&mut self) {
        self.of(0).pages += 1;
        for class in &mut self.0 {
            class.seen += class.pages;
        }
    }

    /// A page leaves the class before this one, and begins it; whether there is such a class.
    pub(super) fn begin(&mut self, class: usize) -> bool {
        self.drop(begin(class) - 1);
        let class = self.0.get_mut(class);
        class.map(|class| class.pages += 1).is_some()
    }

    /// A page of this age is not followed any more.
    pub(super) fn drop(&mut self, age: u32) {
        let class = self.of(age);
        class.pages = class.pages.saturating_sub(1);
    }

    /// One was asked for.
    pub(super) fn asked(&mut self, age: u32) {
        self.of(age).asked += EVENT;
    }

    /// One ended otherwise.
    pub(super) fn ended(&mut self, age: u32) {
        self.of(age).ended += EVENT;
    }

    /// What it is worth to keep pages, at the last valuation.
    pub(super) fn worths(&self) -> Worths {
        Worths(self.0.map(|class| Some(class.worth)))
    }

    #[cfg(test)]
    pub(super) fn pages(&self) -> [u64; CLASSES] {
        self.0.map(|class| class.pages)
    }

    fn of(&mut self, age: u32) -> &mut Class {
        &mut self.0[class_of(age)]
    }

    /// For each age the time to keep a page is chosen in which it is asked for most often, for that time.
    pub(super) fn value(&mut self) {
        let passages = self.passages();
        for (from, class) in self.0.iter_mut().enumerate() {
            let (mut asked, mut stayed, mut reach, mut best) = (0, 0, 1 << 16, 0);
            for passage in passages.iter().skip(from) {
                asked += (passage.asked * reach) >> 16;
                stayed += (passage.stayed * reach) >> 16;
                reach = (passage.survive * reach) >> 16;
                best = best.max((asked << 16) / stayed.max(1));
            }
            class.worth = best.min(u32::MAX.into()) as u32;
        }
        for class in &mut self.0 {
            for count in [&mut class.seen, &mut class.asked, &mut class.ended] {
                *count -= *count / FADES;
            }
        }
    }

    fn passages(&self) -> [Passage; CLASSES] {
        let sum = |count: fn(&Class) -> u64| self.0.iter().map(count).sum::<u64>();
        let usual = (sum(|class| class.asked) << 22) / sum(|class| class.seen).max(1);
        let mut passages = [Passage::default(); CLASSES];
        for (at, (passage, class)) in passages.iter_mut().zip(&self.0).enumerate() {
            let width = begin(at + 1) - begin(at);
            *passage = Passage::of(class, width.into(), usual);
        }
        passages
    }
}

/// What it is worth to keep a page, by its age.
#[derive(Clone, Copy)]
pub(super) struct Worths([Option<u32>; CLASSES]);

impl Worths {
    /// Of this age; 0 if that was taken.
    pub(super) fn of(&self, age: u32) -> u32 {
        self.0[class_of(age)].unwrap_or(0)
    }

    /// Takes the class whose pages are worth least, of such the oldest.
    pub(super) fn take_least(&mut self) -> Option<usize> {
        let left = (0..CLASSES).rev().filter(|class| self.0[*class].is_some());
        let class = left.min_by_key(|class| self.0[*class])?;
        self.0[class] = None;
        Some(class)
    }
}

/// What happens to a page while it is of a class.
#[derive(Clone, Copy, Default)]
struct Passage {
    /// How likely it gets through, in parts of 1 << 16.
    survive: u64,
    /// How long it stays, in parts of 1 << 16.
    stayed: u64,
    /// How likely it is asked for, in parts of 1 << 32.
    asked: u64,
}

impl Passage {
    /// Of a class of which little was seen, pages are asked for as `usual`.
    fn of(class: &Class, width: u64, usual: u64) -> Self {
        let seen = class.seen + 2 * width;
        let asked = ((class.asked << 22) + usual * 2 * width) / seen;
        let gone = asked + (class.ended << 22) / seen;
        let survive = (1 << 48) / ((1 << 32) + gone * width);
        let stayed = width * survive;
        Self {
            survive,
            stayed,
            asked: (asked * stayed) >> 16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_follow_each_other() {
        assert_eq!((begin(0), begin(1), begin(2), begin(3)), (0, 4, 6, 8));
        for class in 0..CLASSES {
            assert!(begin(class) < begin(class + 1));
            assert_eq!(class_of(begin(class)), class);
            assert_eq!(class_of(begin(class + 1) - 1), class);
        }
        assert_eq!(class_of(u32::MAX), CLASSES - 1);
    }

    #[test]
    fn classes_are_taken_by_worth_and_the_oldest_first() {
        let mut ages = Ages::default();
        for (class, worth) in [(3, 2), (5, 0), (7, 2), (9, 1)] {
            ages.0[class].worth = worth;
        }
        let mut worths = ages.worths();
        let order: Vec<_> = core::iter::from_fn(|| worths.take_least()).collect();
        assert_eq!((order.len(), order[0]), (CLASSES, CLASSES - 1));
        assert_eq!(order[CLASSES - 3..], [9, 7, 3]);
    }
}
