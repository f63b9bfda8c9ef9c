// SPDX-License-Identifier: GPL-2.0
//! What a trace of a swap disk's pages is made of: the module writes it (debugfs `tmem/trace`), `scripts/replay` reads it.
//!
//! A record is [`BYTES`] long: five words, the lowest byte first.
//!
//! | word | |
//! |---|---|
//! | 0 | nanoseconds of the CPU's clock |
//! | 1 | key of the page, of a put; how many records are missing, of [`Event::Lost`] |
//! | 2 | number of the cgroup that owned the page, of a put |
//! | 3 | slot, 40 bits; stored length of a put, 16 bits; event, 8 bits |
//! | 4 | number of the disk |
//!
//! A slot is no identity: it is read about once, and its number used again. The **key** names a page for as long as it lives,
//! whatever slots it passes through and whatever it holds: it is made of the page's anonymous mapping and its place there, by
//! a hash with a random key, which is another one each time that recording starts. For a page that is in none (of tmpfs or
//! shared memory, merged by KSM, of a file system on the disk) it is made of what the page holds; then [`BY_CONTENT`] is set
//! in the event, equal pages have one key, and a page that is written to gets another. A page that several processes got by a
//! fork is one until one of them writes to it; the mapping of a process that has ended may be that of a later one, which
//! matters only if both have pages in the same places.
//!
//! A get or a flush has no key: the page is that of the slot's last put.
//! A request of which a page is refused is recorded up to that page.
#![forbid(unsafe_code)]

/// Bytes of a record.
pub const BYTES: usize = 5 * 8;

/// In the event's byte: the key is a content's.
pub const BY_CONTENT: u8 = 0x80;

const SLOT_SHIFT: u32 = 24;
const LENGTH_SHIFT: u32 = 8;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Event {
    /// A page came, and is kept.
    Put = 1,
    /// A page came, and was refused.
    Refused,
    /// A page was read.
    Get,
    /// A page is not needed any more.
    Flush,
    /// There was no room for some records before this one.
    Lost,
}

#[cfg(not(MODULE))]
impl Event {
    const ALL: [Self; 5] = [Self::Put, Self::Refused, Self::Get, Self::Flush, Self::Lost];
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// What happened.
    pub event: Event,
    /// When, in nanoseconds of some clock.
    pub time: u64,
    /// The disk's number.
    pub disk: u32,
    /// The page of the disk.
    pub slot: u64,
    /// Whose page it is; 0 if nobody said.
    pub owner: u64,
    /// Which page it is; 0 if nobody said.
    pub key: u64,
    /// The key is that of what it holds.
    pub by_content: bool,
    /// Bytes that it takes.
    pub length: u16,
}

impl Record {
    /// Of a page of which nothing else is known.
    pub fn new(event: Event, time: u64, disk: u32, slot: u64) -> Self {
        Self {
            event,
            time,
            disk,
            slot,
            owner: 0,
            key: 0,
            by_content: false,
            length: 0,
        }
    }

    /// As it is written.
    pub fn to_bytes(self) -> [u8; BYTES] {
        let event = self.event as u8 | if self.by_content { BY_CONTENT } else { 0 };
        let what = (self.slot << SLOT_SHIFT) | (u64::from(self.length) << LENGTH_SHIFT);
        let words = [
            self.time,
            self.key,
            self.owner,
            what | u64::from(event),
            self.disk.into(),
        ];
        let mut bytes = [0; BYTES];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// As it was written, for those who read it; [`None`] if it is no record.
    #[cfg(not(MODULE))]
    pub fn from_bytes(bytes: &[u8; BYTES]) -> Option<Self> {
        let mut words = [0; 5];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into().ok()?);
        }
        let [time, key, owner, what, disk] = words;
        let known = |event: &&Event| **event as u8 == what as u8 & !BY_CONTENT;
        Some(Self {
            event: *Event::ALL.iter().find(known)?,
            time,
            disk: disk.try_into().ok()?,
            slot: what >> SLOT_SHIFT,
            owner,
            key,
            by_content: what as u8 & BY_CONTENT != 0,
            length: (what >> LENGTH_SHIFT) as u16,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for event in Event::ALL {
            for by_content in [false, true] {
                let record = Record {
                    event,
                    time: u64::MAX,
                    disk: u32::MAX,
                    slot: (1 << 40) - 1,
                    owner: u64::MAX - 1,
                    key: 0x0123_4567_89ab_cdef,
                    by_content,
                    length: 4096,
                };
                assert_eq!(Record::from_bytes(&record.to_bytes()), Some(record));
                let plain = Record::new(event, 1, 2, 3);
                assert_eq!(Record::from_bytes(&plain.to_bytes()), Some(plain));
            }
        }
    }

    #[test]
    fn other_bytes_are_no_record() {
        let good = Record::new(Event::Get, 1, 2, 3).to_bytes();
        let mut event = good;
        event[24] = 0;
        let mut disk = good;
        disk[39] = 1;
        for bytes in [event, disk, [0; BYTES], [0xff; BYTES]] {
            assert_eq!(Record::from_bytes(&bytes), None);
        }
    }
}
