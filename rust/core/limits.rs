// SPDX-License-Identifier: GPL-2.0
//! Limits as people write them, and what they bind: each payer and all that are under it.
#![forbid(unsafe_code)]

use super::size;
use core::fmt;

/// No limit, in bytes.
pub const NONE: u64 = u64::MAX;

/// More levels than this no tree has: a walk up ends.
pub const MOST_LEVELS: usize = 128;

/// The largest percentage that is taken.
const MOST_PERCENT: u32 = 10_000;

/// A limit as it was written: `max`, bytes with or without a suffix, or a percentage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// None.
    Max,
    /// A number, and the position of its suffix in [`SUFFIXES`], or 0.
    Bytes(u64, u8),
    /// Of something that is known elsewhere.
    Percent(u32),
}

/// Powers of 1024.
const SUFFIXES: [&str; 7] = ["", "K", "M", "G", "T", "P", "E"];

impl Limit {
    /// Reads one. [`None`] for anything else, and for what is beyond 64 bits or 10,000%.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "max" {
            return Some(Self::Max);
        }
        if let Some(number) = text.strip_suffix('%') {
            let percent = u32::try_from(size::parse_decimal(number)?).ok()?;
            return (!number.is_empty() && percent <= MOST_PERCENT)
                .then_some(Self::Percent(percent));
        }
        size::parse(text)?;
        let digits = text.trim_end_matches(|last: char| !last.is_ascii_digit());
        let suffix = text.get(digits.len()..)?;
        let place = SUFFIXES
            .iter()
            .position(|known| known.eq_ignore_ascii_case(suffix))?;
        Some(Self::Bytes(size::parse_decimal(digits)?, place as u8))
    }

    /// What it is in bytes, when 100% are `whole`; [`NONE`] when there is none.
    pub fn bytes(&self, whole: u64) -> u64 {
        match *self {
            Self::Max => NONE,
            Self::Bytes(number, place) => number << (10 * u32::from(place)),
            Self::Percent(_) if whole == NONE => NONE,
            Self::Percent(percent) => {
                let percent = u64::from(percent);
                (whole / 100)
                    .saturating_mul(percent)
                    .saturating_add(whole % 100 * percent / 100)
            }
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Max => out.write_str("max"),
            Self::Bytes(number, place) => {
                let suffix = SUFFIXES.get(usize::from(place)).unwrap_or(&"");
                write!(out, "{number}{suffix}")
            }
            Self::Percent(percent) => write!(out, "{percent}%"),
        }
    }
}

/// Payers, each under another but the first, and what each subtree uses. Whoever changes it keeps
/// others from it.
pub trait Tree {
    /// Whom payer `of` is under.
    fn parent(&self, of: u16) -> Option<u16>;
    /// What the payer and all under it may use.
    fn limit(&self, of: u16) -> u64;
    /// What they use.
    fn used(&self, of: u16) -> u64;
    /// Sets it.
    fn set_used(&self, of: u16, bytes: u64);
}

/// `of`, and whom it is under, up to the first.
pub fn upwards<T: Tree>(tree: &T, of: u16) -> impl Iterator<Item = u16> + '_ {
    core::iter::successors(Some(of), |of| tree.parent(*of)).take(MOST_LEVELS)
}

/// Lets `of` use `bytes` more; when that is more than it or one above it may use, nothing changes, and
/// the error says which of them.
pub fn take(tree: &impl Tree, of: u16, bytes: u64) -> Result<(), u16> {
    let is_full = |at: &u16| tree.used(*at).saturating_add(bytes) > tree.limit(*at);
    match upwards(tree, of).find(is_full) {
        Some(full) => Err(full),
        None => {
            force(tree, of, bytes);
            Ok(())
        }
    }
}

/// Whether `of` uses more than so many sixteenths of what it may.
pub fn is_beyond(tree: &impl Tree, of: u16, sixteenths: u64) -> bool {
    tree.used(of) > tree.limit(of) / 16 * sixteenths
}

/// As [`take`], whatever the limits are.
pub fn force(tree: &impl Tree, of: u16, bytes: u64) {
    for at in upwards(tree, of) {
        tree.set_used(at, tree.used(at).saturating_add(bytes));
    }
}

/// `of` uses `bytes` less.
pub fn give(tree: &impl Tree, of: u16, bytes: u64) {
    for at in upwards(tree, of) {
        tree.set_used(at, tree.used(at).saturating_sub(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn reads_and_shows_what_people_write() {
        for (text, bytes) in [
            ("max", NONE),
            ("0", 0),
            ("4096", 4096),
            ("512M", 512 << 20),
            ("100%", 1000),
            ("33%", 330),
            ("250%", 2500),
            ("0%", 0),
        ] {
            let limit = Limit::parse(text).unwrap();
            assert_eq!(limit.bytes(1000), bytes, "{text}");
            assert_eq!(limit.to_string(), text);
        }
        assert_eq!(Limit::parse("1g").unwrap().to_string(), "1G");
        assert_eq!(Limit::parse("50%").unwrap().bytes(NONE), NONE);
        assert_eq!(Limit::parse("50%").unwrap().bytes(NONE - 1), (NONE - 1) / 2);
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "%",
            "-1",
            "-1%",
            "+1%",
            "1.5%",
            "10001%",
            "99999999999%",
            "Max",
            "max ",
            "1 %",
            "1MM",
            "M",
            "16E",
            "18446744073709551616",
            "１%",
        ] {
            assert_eq!(Limit::parse(text), None, "{text:?}");
        }
    }

    /// Payers with parent, limit and use.
    struct Payers(Vec<(Option<u16>, u64, RefCell<u64>)>);

    impl Payers {
        fn new(payers: &[(Option<u16>, u64)]) -> Self {
            Self(
                payers
                    .iter()
                    .map(|&(parent, limit)| (parent, limit, RefCell::new(0)))
                    .collect(),
            )
        }

        fn uses(&self) -> Vec<u64> {
            self.0.iter().map(|payer| *payer.2.borrow()).collect()
        }
    }

    impl Tree for Payers {
        fn parent(&self, of: u16) -> Option<u16> {
            self.0[usize::from(of)].0
        }
        fn limit(&self, of: u16) -> u64 {
            self.0[usize::from(of)].1
        }
        fn used(&self, of: u16) -> u64 {
            *self.0[usize::from(of)].2.borrow()
        }
        fn set_used(&self, of: u16, bytes: u64) {
            *self.0[usize::from(of)].2.borrow_mut() = bytes;
        }
    }

    #[test]
    fn limits_bind_all_that_are_under_them() {
        let payers = Payers::new(&[(None, NONE), (Some(0), 100), (Some(1), NONE), (Some(1), 60)]);
        assert_eq!(take(&payers, 2, 50), Ok(()));
        assert_eq!(
            take(&payers, 3, 51),
            Err(1),
            "more than its parent has left"
        );
        assert_eq!(take(&payers, 3, 50), Ok(()));
        assert_eq!(take(&payers, 2, 1), Err(1));
        assert!(is_beyond(&payers, 1, 15) && !is_beyond(&payers, 0, 1));
        assert_eq!(payers.uses(), [100, 100, 50, 50]);
        give(&payers, 2, 20);
        assert_eq!(take(&payers, 3, 11), Err(3), "more than its own");
        assert_eq!(take(&payers, 3, 10), Ok(()));
        assert_eq!(payers.uses(), [90, 90, 30, 60]);
        force(&payers, 3, 100);
        assert_eq!(payers.uses(), [190, 190, 30, 160]);
    }

    #[test]
    fn a_ring_ends() {
        let payers = Payers::new(&[(Some(1), NONE), (Some(0), NONE)]);
        assert_eq!(upwards(&payers, 0).count(), MOST_LEVELS);
    }
}
