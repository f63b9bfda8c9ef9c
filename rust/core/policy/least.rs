// SPDX-License-Identifier: GPL-2.0
//! Of many pages, those that are worth least.
#![forbid(unsafe_code)]

use core::ops::DerefMut;

/// A page, and what it is worth to keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valued<P> {
    /// What it is worth.
    pub worth: u64,
    /// Which one it is.
    pub page: P,
}

/// As many of them as there is room for.
///
/// # Invariants
///
/// The first `len` of `room` are pages; until they are sorted, each is worth no less than the two at twice its place.
pub struct Least<V> {
    room: V,
    len: usize,
    taken: usize,
}

impl<P, V: DerefMut<Target = [Valued<P>]>> Least<V> {
    /// None yet.
    pub fn new(room: V) -> Self {
        Self {
            room,
            len: 0,
            taken: 0,
        }
    }

    /// None again.
    pub fn clear(&mut self) {
        self.len = 0;
        self.taken = 0;
    }

    /// Looks at one more page; no more than `most` are wanted.
    pub fn offer(&mut self, valued: Valued<P>, most: usize) {
        if self.len < most {
            if let Some(place) = self.room.get_mut(self.len) {
                *place = valued;
                self.len += 1;
                return self.rise(self.len - 1);
            }
        }
        match self.pages().first_mut() {
            Some(first) if valued.worth < first.worth => *first = valued,
            _ => return,
        }
        sink(self.pages());
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All were looked at: from now on they are taken.
    pub fn sort(&mut self) {
        for last in (1..self.len).rev() {
            self.pages().swap(0, last);
            sink(self.pages().get_mut(..last).unwrap_or_default());
        }
    }

    /// The one that is worth least and was not taken, after [`Least::sort`].
    pub fn take(&mut self) -> Option<&P> {
        let valued = self.room.get(..self.len)?.get(self.taken)?;
        self.taken += 1;
        Some(&valued.page)
    }

    fn pages(&mut self) -> &mut [Valued<P>] {
        let len = self.len.min(self.room.len());
        self.room.get_mut(..len).unwrap_or_default()
    }

    fn rise(&mut self, mut at: usize) {
        let pages = self.pages();
        while at > 0 {
            let above = (at - 1) / 2;
            if worth(pages, at) <= worth(pages, above) {
                return;
            }
            pages.swap(at, above);
            at = above;
        }
    }
}

/// The first page goes to its place among those after it.
fn sink<P>(pages: &mut [Valued<P>]) {
    let mut at = 0;
    loop {
        let below = 2 * at + 1..(2 * at + 3).min(pages.len());
        match below.max_by_key(|below| worth(pages, *below)) {
            Some(below) if worth(pages, below) > worth(pages, at) => {
                pages.swap(at, below);
                at = below;
            }
            _ => return,
        }
    }
}

fn worth<P>(pages: &[Valued<P>], at: usize) -> u64 {
    pages.get(at).map_or(0, |valued| valued.worth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn least(of: &[u64], room: usize, most: usize) -> Vec<usize> {
        let none = Valued { worth: 0, page: 0 };
        let mut least = Least::new(vec![none; room]);
        for round in 0..2 {
            least.clear();
            for (page, &worth) in of.iter().enumerate() {
                least.offer(Valued { worth, page }, most);
            }
            least.sort();
            if round == 0 {
                least.take();
            }
        }
        core::iter::from_fn(|| least.take().copied()).collect()
    }

    #[test]
    fn the_least_are_taken_in_order() {
        let mut state = 1_u64;
        let worths: Vec<_> = (0..1000)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
                state >> 40
            })
            .collect();
        let mut sorted: Vec<_> = (0..1000).collect();
        sorted.sort_by_key(|page| worths[*page]);
        for most in [0, 1, 2, 3, 7, 64, 999, 1000, 2000] {
            let wanted = &sorted[..most.min(1000)];
            assert_eq!(least(&worths, most.max(1), most), wanted);
            assert_eq!(least(&worths, 2000, most), wanted);
        }
        assert_eq!(least(&worths, 10, 2000), &sorted[..10]);
    }

    #[test]
    fn none_is_taken_where_there_is_none() {
        assert!(Least::<Vec<Valued<u8>>>::new(Vec::new()).is_empty());
        assert!(least(&[], 8, 8).is_empty());
        assert!(least(&[1, 2], 0, 8).is_empty());
    }
}
