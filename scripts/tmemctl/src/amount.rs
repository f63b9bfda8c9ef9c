// SPDX-License-Identifier: GPL-2.0
//! Sizes as people write them and read them.

use std::str::FromStr;

pub const PAGE: u64 = 4096;

/// A size given on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Bytes(u64),
    /// Of the guest's RAM.
    Percent(u64),
}

impl Amount {
    /// Bytes, in whole pages as the disk counts them.
    pub fn bytes(self, ram: u64) -> u64 {
        let bytes = match self {
            Self::Bytes(bytes) => bytes,
            Self::Percent(share) => ram.saturating_mul(share) / 100,
        };
        bytes.div_ceil(PAGE) * PAGE
    }
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let amount = match text.strip_suffix('%') {
            Some(share) => percent(share),
            None => bytes(text).map(Self::Bytes),
        };
        amount.ok_or_else(|| {
            "expected bytes, a size such as 512M or 2G, or a share of the RAM such as 50%".into()
        })
    }
}

fn percent(text: &str) -> Option<Amount> {
    let share = digits(text)?;
    (1..=1000)
        .contains(&share)
        .then_some(Amount::Percent(share))
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.strip_suffix("iB").unwrap_or(text);
    let (number, shift) = match text.char_indices().last()? {
        (end, 'k' | 'K') => (&text[..end], 10),
        (end, 'm' | 'M') => (&text[..end], 20),
        (end, 'g' | 'G') => (&text[..end], 30),
        (end, 't' | 'T') => (&text[..end], 40),
        _ => (text, 0),
    };
    let bytes = digits(number)?.checked_mul(1 << shift)?;
    // No disk is larger than a signed 64-bit offset reaches.
    (bytes <= i64::MAX as u64).then_some(bytes)
}

/// Plain digits: `parse` alone would take a sign.
fn digits(text: &str) -> Option<u64> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// A size for people: `312.0 MiB`.
pub fn human(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = 0;
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_people_write() {
        let cases = [
            ("4096", Amount::Bytes(4096)),
            ("512M", Amount::Bytes(512 << 20)),
            ("512m", Amount::Bytes(512 << 20)),
            ("512MiB", Amount::Bytes(512 << 20)),
            ("2G", Amount::Bytes(2 << 30)),
            ("50%", Amount::Percent(50)),
            ("0", Amount::Bytes(0)),
        ];
        for (text, amount) in cases {
            assert_eq!(text.parse(), Ok(amount), "{text}");
        }
    }

    #[test]
    fn refuses_nonsense() {
        let nonsense = [
            "",
            "M",
            "%",
            "0%",
            "1001%",
            "-1",
            "+1",
            "1.5G",
            "1X",
            "12 M",
            "é",
            "99999999999999999999",
            "16777216T",
            "½%",
        ];
        for text in nonsense {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn counts_whole_pages() {
        assert_eq!(Amount::Bytes(1).bytes(0), PAGE);
        assert_eq!(Amount::Percent(50).bytes(1 << 30), 1 << 29);
        assert_eq!(Amount::Bytes(0).bytes(0), 0);
    }

    #[test]
    fn reads_well() {
        assert_eq!(human(0), "0 B");
        assert_eq!(human(1023), "1023 B");
        assert_eq!(human(1536), "1.5 KiB");
        assert_eq!(human(312 << 20), "312.0 MiB");
    }
}
