// SPDX-License-Identifier: GPL-2.0
//! How many bytes are allocated for an object: few different sizes in a small arena.
//!
//! zsmalloc keeps objects of a size class together, in zspages of up to eight pages, and one of each class is half empty, on average.
//! There are a hundred classes and more: that is a megabyte, whatever the arena holds. Rounded up, objects waste some bytes each and
//! need fewer classes, which is less as long as there are few of them.
#![forbid(unsafe_code)]

/// What zsmalloc's own classes differ by, and what it keeps before each object.
const DELTA: usize = 16;
const HANDLE: usize = 8;

/// Up to so many bytes of the arena, sizes differ by so many. Least in all for pages of valkey, cc1plus and java, whose zspages were
/// computed for arenas of 3 to 165 MB: at 10 MB, 5 to 9% less than without.
const STEPS: [(u64, usize); 3] = [(5 << 20, 128), (32 << 20, 64), (128 << 20, 32)];

/// How many bytes to allocate for `length`, while the arena has `arena` bytes. Not `huge` or more, from which on an object takes a
/// whole page, unless `length` is.
#[inline]
pub fn allocated(length: usize, arena: u64, huge: usize) -> usize {
    let step = STEPS.iter().find(|(most, _)| arena < *most);
    let step = step.map_or(DELTA, |(_, step)| *step);
    let rounded = length.saturating_add(HANDLE).next_multiple_of(step) - HANDLE;
    if rounded < huge {
        rounded
    } else {
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUGE: usize = 3264;

    #[test]
    fn small_arenas_have_few_sizes() {
        assert_eq!(allocated(1000, 0, HUGE), 1016);
        assert_eq!(allocated(1017, 0, HUGE), 1144);
        assert_eq!(allocated(1000, 10 << 20, HUGE), 1016);
        assert_eq!(allocated(900, 10 << 20, HUGE), 952);
        assert_eq!(allocated(900, 100 << 20, HUGE), 920);
        assert_eq!(allocated(900, 200 << 20, HUGE), 904);
    }

    #[test]
    fn large_arenas_have_those_of_zsmalloc() {
        for length in 1..HUGE - DELTA {
            let allocated = allocated(length, 1 << 30, HUGE);
            assert!((length..length + DELTA).contains(&allocated));
            assert_eq!((allocated + HANDLE) % DELTA, 0);
        }
    }

    #[test]
    fn none_gets_huge() {
        for length in 1..=4096 {
            for arena in [0, 10 << 20, 100 << 20, 1 << 30] {
                let allocated = allocated(length, arena, HUGE);
                assert!(allocated >= length && (allocated < HUGE || allocated == length));
            }
        }
    }
}
