// SPDX-License-Identifier: GPL-2.0
//! What it is worth to keep a page that nobody has asked for since so many others came: learnt from a sample of all pages that
//! come, whether they are still kept or not. The sample also tells what would have been missed if those had left that are worth
//! least, and what if the oldest had: these leave while that is less.
//!
//! After J. Gittins, "Bandit Processes and Dynamic Allocation Indices" (Journal of the Royal Statistical Society B 41, 1979);
//! N. Beckmann, H. Chen, A. Cidon, "LHD: Improving Cache Hit Rate by Maximizing Hit Density" (NSDI 2018); M. Qureshi and others,
//! "Adaptive Insertion Policies for High Performance Caching" (ISCA 2007).
#![forbid(unsafe_code)]

mod ages;

use super::super::size::PAGE_BYTES;
use ages::{begin, Ages, CLASSES, EVENT};
use core::ops::DerefMut;

/// Pages of the sample that are followed: those that came last.
const FOLLOWED: u32 = 4096;

/// A place for each by a hash of its name, and as many that are empty.
const NAMES: u32 = 2 * FOLLOWED;

/// Words that a [`Lifetimes`] needs.
pub const WORDS: usize = (FOLLOWED + NAMES) as usize;

/// Of a pool's pages, about so many are in the sample at least, if it has as many.
const SAMPLE: u64 = 512;

/// What would have been missed fades by a part each time that a part of the pool's pages has come.
const FADES: u64 = 2;
const STEPS: u64 = 4;
const LEAST_STEP: u64 = 16;

/// Of those that are kept if the others leave that are worth least, a part leaves together.
const LEAVE: u64 = 32;

/// Bits of the time that is kept with a page: pages that are older than that count as younger.
pub const STAMP_BITS: u32 = 14;
const STAMP: u32 = (1 << STAMP_BITS) - 1;

/// What pages are worth at a moment.
#[derive(Clone, Copy)]
pub struct Worths {
    now: u32,
    by_age: Option<ages::Worths>,
}

impl Worths {
    /// What it is worth to keep a page that came then and takes so many bytes, of which others could have the room. Of those worth
    /// the same, the older one is worth less.
    pub fn of(&self, came: u16, bytes: usize) -> u64 {
        let age = age(self.now, came);
        let worth = match self.by_age.as_ref() {
            Some(by_age) => by_age.of(age),
            None => u32::MAX / (age + 1),
        };
        let by_byte = u64::from(worth) * PAGE_BYTES / (bytes.max(1) as u64);
        (by_byte << STAMP_BITS) | u64::from(STAMP - age)
    }
}

/// How many pages have come until `now` since one did; of so many, as a power of two, one is in the sample.
pub fn since(now: u32, came: u16, rarity: u32) -> u64 {
    u64::from(age(now, came)) << rarity
}

fn age(now: u32, came: u16) -> u32 {
    now.wrapping_sub(came.into()) & STAMP
}

/// A page's name by its number: others differ in all parts of it.
pub fn name(number: u64) -> u64 {
    // Odd numbers without a pattern.
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// Pages of the sample that would be kept by a rule, and what it would have missed.
#[derive(Clone, Copy, Default)]
struct Shadow {
    pages: u64,
    missed: u64,
}

impl Shadow {
    fn drop_if(&mut self, leaves: bool) {
        self.pages = self.pages.saturating_sub(leaves.into());
    }

    fn miss_if(&mut self, is_missed: bool) {
        self.missed += u64::from(is_missed) * EVENT;
    }
}

/// In the word of a page that is followed, beside its name: it would be kept if those had left that are worth least.
const FOLLOWS: u32 = 1;
const KEPT: u32 = 2;
const NAME: u32 = !(FOLLOWS | KEPT);

/// Time is counted in pages of the sample that come.
pub struct Lifetimes<W> {
    /// The last ones in turn, 0 for one that has ended; then, by a hash of the name, when it came.
    words: W,
    now: u32,
    /// Of so many pages, as a power of two, one is in the sample.
    rarity: u32,
    ages: Ages,
    next_step: u32,
    /// The sample's part of the pages that there is room for.
    frames: u64,
    /// If those had left that are worth least.
    least: Shadow,
    /// If the oldest had: those are kept that came from then on.
    oldest: Shadow,
    from: u32,
}

impl<W: DerefMut<Target = [u32]>> Lifetimes<W> {
    /// Nothing was seen yet. `words`: [`WORDS`], all 0.
    pub fn new(words: W) -> Self {
        Self {
            words,
            now: 0,
            rarity: 0,
            ages: Ages::default(),
            next_step: 0,
            frames: 0,
            least: Shadow::default(),
            oldest: Shadow::default(),
            from: 1,
        }
    }

    /// The time, as it is kept with a page that comes.
    pub fn now(&self) -> u16 {
        (self.now & STAMP) as u16
    }

    /// The bits of a name that are 0 in those of the sample.
    pub fn outside(&self) -> u64 {
        (1 << self.rarity) - 1
    }

    /// A page of the sample came, into a pool that has room for so many in all. `name`: a hash of its name.
    pub fn came(&mut self, name: u64, room: u64) {
        self.ended(name);
        self.now = self.now.wrapping_add(1);
        (1..=CLASSES).for_each(|class| self.get_older(class));
        // Who was there before is not followed any further.
        if let Some(came) = self.find(place(name)) {
            self.forget(came);
        }
        self.set(place(name), self.now);
        self.set(turn(self.now), short(name) | FOLLOWS | KEPT);
        self.ages.pass();
        self.least.pages += 1;
        self.oldest.pages += 1;
        self.frames = (room >> self.rarity).max(1);
        self.make_room();
        if self.now.wrapping_sub(self.next_step) as i32 >= 0 {
            self.step();
        }
    }

    /// A page of the sample was asked for.
    pub fn asked(&mut self, name: u64) {
        if let Some((age, is_kept)) = self.end(name) {
            self.ages.asked(age);
            self.least.miss_if(!is_kept);
            self.oldest.miss_if(age > self.now.wrapping_sub(self.from));
        }
    }

    /// A page of the sample is not needed any more.
    pub fn ended(&mut self, name: u64) {
        if let Some((age, _)) = self.end(name) {
            self.ages.ended(age);
        }
    }

    /// What it is worth to keep pages, by the rule that would have missed less: a page that nobody has asked for for so long is
    /// worth as much as it will be asked for in the best time to keep it, for that time; or less, the older it is.
    pub fn worths(&self) -> Worths {
        let follows_least = self.least.missed < self.oldest.missed;
        Worths {
            now: self.now,
            by_age: follows_least.then(|| self.ages.worths()),
        }
    }

    fn word(&self, at: usize) -> u32 {
        self.words.get(at).copied().unwrap_or(0)
    }

    fn set(&mut self, at: usize, word: u32) {
        if let Some(place) = self.words.get_mut(at) {
            *place = word;
        }
    }

    /// When a page came that is still followed.
    fn find(&self, place: usize) -> Option<u32> {
        let came = self.word(place);
        let is_new = came != 0 && self.now.wrapping_sub(came) < FOLLOWED;
        (is_new && self.word(turn(came)) != 0).then_some(came)
    }

    /// Who begins a class has left the one before; after the last one it is not followed any more.
    fn get_older(&mut self, class: usize) {
        let came = self.now.wrapping_sub(begin(class));
        if self.word(turn(came)) == 0 {
            return;
        }
        if !self.ages.begin(class) {
            self.drop_word(came);
        }
    }

    fn forget(&mut self, came: u32) {
        self.ages.drop(self.now.wrapping_sub(came));
        self.drop_word(came);
    }

    fn drop_word(&mut self, came: u32) {
        let word = self.word(turn(came));
        self.least.drop_if(word & KEPT != 0);
        self.oldest
            .drop_if(came.wrapping_sub(self.from) as i32 >= 0);
        self.set(turn(came), 0);
    }

    /// A page is not followed any more; its age, and whether it would be kept.
    fn end(&mut self, name: u64) -> Option<(u32, bool)> {
        let came = self.find(place(name))?;
        let word = self.word(turn(came));
        if word & NAME != short(name) {
            return None;
        }
        self.forget(came);
        Some((self.now.wrapping_sub(came), word & KEPT != 0))
    }

    fn make_room(&mut self) {
        let followed = self.now.wrapping_sub(self.from).min(FOLLOWED - 1);
        self.from = self.now.wrapping_sub(followed);
        while self.oldest.pages > self.frames && self.from != self.now {
            self.oldest.drop_if(self.word(turn(self.from)) != 0);
            self.from = self.from.wrapping_add(1);
        }
        if self.least.pages > self.frames {
            self.least_leave(self.frames - self.frames / LEAVE);
        }
    }

    /// Those that are worth least leave until so many are kept.
    fn least_leave(&mut self, wanted: u64) {
        let mut left = self.ages.worths();
        while let Some(class) = left.take_least() {
            self.leave(class, wanted);
        }
    }

    /// Pages of a class leave, the oldest first, until so many are kept.
    fn leave(&mut self, class: usize, wanted: u64) {
        for age in (begin(class)..begin(class + 1)).rev() {
            if self.least.pages <= wanted {
                return;
            }
            let turn = turn(self.now.wrapping_sub(age));
            let word = self.word(turn);
            self.least.drop_if(word & KEPT != 0);
            self.set(turn, word & !KEPT);
        }
    }

    fn step(&mut self) {
        if self.frames >= 2 * SAMPLE {
            return self.begin_again(self.rarity + 1);
        }
        if self.frames < SAMPLE / 2 && self.rarity > 0 {
            return self.begin_again(self.rarity - 1);
        }
        self.ages.value();
        self.least.missed -= self.least.missed / FADES;
        self.oldest.missed -= self.oldest.missed / FADES;
        let step = (self.frames / STEPS).max(LEAST_STEP);
        self.next_step = self.now.wrapping_add(step as u32);
    }

    /// With a sample that is rarer, or less rare.
    fn begin_again(&mut self, rarity: u32) {
        self.words.fill(0);
        self.ages = Ages::default();
        self.rarity = rarity;
        self.least = Shadow::default();
        self.oldest = Shadow::default();
        self.from = self.now.wrapping_add(1);
    }
}

fn turn(came: u32) -> usize {
    (came % FOLLOWED) as usize
}

fn place(name: u64) -> usize {
    (FOLLOWED + (name >> 32) as u32 % NAMES) as usize
}

fn short(name: u64) -> u32 {
    (name >> 24) as u32 & NAME
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> Lifetimes<Vec<u32>> {
        Lifetimes::new(vec![0; WORDS])
    }

    /// What is counted is what there is.
    fn check(lifetimes: &Lifetimes<Vec<u32>>) {
        let word = |age: u32| lifetimes.word(turn(lifetimes.now.wrapping_sub(age)));
        let followed = (0..FOLLOWED).filter(|age| word(*age) != 0);
        let mut pages = [0; CLASSES];
        followed
            .clone()
            .for_each(|age| pages[ages::class_of(age)] += 1);
        assert_eq!(lifetimes.ages.pages(), pages);
        let kept = followed.clone().filter(|age| word(*age) & KEPT != 0);
        assert_eq!(kept.count() as u64, lifetimes.least.pages);
        let oldest = lifetimes.now.wrapping_sub(lifetimes.from);
        let young = followed.filter(|age| *age <= oldest).count() as u64;
        assert_eq!(young, lifetimes.oldest.pages);
        assert!(young <= lifetimes.frames && lifetimes.least.pages <= lifetimes.frames);
    }

    #[test]
    fn nothing_is_lost_whatever_happens() {
        let mut lifetimes = new();
        let mut state = 1_u64;
        for step in 0..60_000 {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let name = name((state >> 40) & 0x3fff);
            match state >> 60 {
                0..8 => lifetimes.came(name, if step < 30_000 { 600 } else { 5000 }),
                8..12 => lifetimes.asked(name),
                _ => lifetimes.ended(name),
            }
            if step > 0 && step % 97 == 0 {
                check(&lifetimes);
            }
        }
        assert!(lifetimes.outside() > 0);
    }

    /// Pages that are asked for when so many others have come.
    fn after(puts: u64) -> Lifetimes<Vec<u32>> {
        let mut lifetimes = new();
        for page in 0..20_000_u64 {
            lifetimes.came(name(page), 500);
            if let Some(page) = page.checked_sub(puts) {
                lifetimes.asked(name(page));
            }
        }
        lifetimes
    }

    #[test]
    fn pages_of_a_loop_are_worth_more_the_older_they_are() {
        let lifetimes = after(1000);
        let worths = lifetimes.worths();
        let of = |age: u16| worths.of(lifetimes.now().wrapping_sub(age), 2048);
        assert!(of(0) < of(300) && of(300) < of(700) && of(700) < of(900));
    }

    #[test]
    fn where_all_are_found_the_oldest_leave() {
        let lifetimes = after(100);
        let worths = lifetimes.worths();
        let of = |age: u16, bytes| worths.of(lifetimes.now().wrapping_sub(age), bytes);
        assert!((0..3000).all(|age| of(age, 2048) > of(age + 1, 2048)));
        // One that takes twice as much leaves when it is half as old.
        assert!(of(99, 2000) > of(50, 4000) && of(99, 2000) < of(48, 4000));
    }

    #[test]
    fn time_is_told_after_a_long_time_too() {
        let mut lifetimes = new();
        for page in 0..100_000 {
            let came = lifetimes.now();
            lifetimes.came(name(page), 100);
            assert_eq!(since(lifetimes.now, came, lifetimes.rarity), 1);
        }
    }
}
