// SPDX-License-Identifier: GPL-2.0
//! Sizes as people write them into sysfs and module parameters.
#![forbid(unsafe_code)]

/// Bytes of a page; the module stores pages of this size only.
pub const PAGE_SIZE: usize = 4096;
/// Bytes of a page, for arithmetic on byte counts.
pub const PAGE_BYTES: u64 = PAGE_SIZE as u64;

/// Reads `512M`: decimal digits and at most one of K, M, G, T, P, E in either case, powers of 1024.
///
/// [`None`] for anything else: empty text, a sign, a blank, a second suffix, a value beyond 64
/// bits.
pub fn parse(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()?.to_ascii_uppercase() {
        b'K' => (&text[..text.len() - 1], 10),
        b'M' => (&text[..text.len() - 1], 20),
        b'G' => (&text[..text.len() - 1], 30),
        b'T' => (&text[..text.len() - 1], 40),
        b'P' => (&text[..text.len() - 1], 50),
        b'E' => (&text[..text.len() - 1], 60),
        _ => (text, 0),
    };
    parse_decimal(digits)?.checked_mul(1 << shift)
}

/// Reads decimal digits and nothing else (`str::parse` would take a leading `+`).
pub fn parse_decimal(text: &str) -> Option<u64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Whole pages that hold `bytes`; [`None`] when that many bytes are beyond 64 bits.
pub fn pages_for(bytes: u64) -> Option<u64> {
    Some(bytes.checked_add(PAGE_BYTES - 1)? / PAGE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, value) in [
            ("0", 0),
            ("4096", 4096),
            ("512M", 512 << 20),
            ("1g", 1 << 30),
            ("15E", 15 << 60),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse(text), Some(value), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            " ",
            "M",
            "-1",
            "+1",
            "1 ",
            " 1",
            "1MM",
            "1.5G",
            "0x10",
            "16E",
            "1\n",
            "1\0",
            "１",
            "18446744073709551616",
            "99999999999999999999999999",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn rounds_up_to_pages() {
        assert_eq!(pages_for(0), Some(0));
        assert_eq!(pages_for(1), Some(1));
        assert_eq!(pages_for(4096), Some(1));
        assert_eq!(pages_for(4097), Some(2));
        assert_eq!(pages_for(u64::MAX), None);
    }
}
