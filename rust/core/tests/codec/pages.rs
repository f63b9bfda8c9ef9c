// SPDX-License-Identifier: GPL-2.0
//! Pages to encode: real ones, and made ones of many structures.

use core::sync::atomic::AtomicU8;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use tmem_core::size::PAGE_SIZE;

pub type Page = [u8; PAGE_SIZE];

/// The form in which the encoder takes a page.
pub fn shared(page: &Page) -> [AtomicU8; PAGE_SIZE] {
    page.map(AtomicU8::new)
}

/// Random numbers that are the same in each run (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 8
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }
}

fn by_words(mut word: impl FnMut() -> u64) -> Page {
    let mut page = [0; PAGE_SIZE];
    for bytes in page.chunks_exact_mut(8) {
        bytes.copy_from_slice(&word().to_le_bytes());
    }
    page
}

pub fn noise(random: &mut Random) -> Page {
    by_words(|| (random.next() << 32) ^ random.next())
}

fn numbers(random: &mut Random) -> Page {
    let most = 1 << random.below(40);
    by_words(|| random.below(most) as u64)
}

fn pointers(random: &mut Random) -> Page {
    let base = 0x7f00_0000_0000 + ((random.next() & 0xffff_ffff) << 12);
    by_words(|| base + 16 * random.below(4000) as u64)
}

fn text(random: &mut Random) -> Page {
    let words: Vec<Vec<u8>> = (0..2 + random.below(300))
        .map(|_| {
            (0..1 + random.below(12))
                .map(|_| b'a' + random.below(26) as u8)
                .collect()
        })
        .collect();
    let mut bytes = Vec::new();
    while bytes.len() < PAGE_SIZE {
        bytes.extend(&words[random.below(words.len())]);
        bytes.push(b' ');
    }
    bytes[..PAGE_SIZE].try_into().unwrap()
}

fn periodic(random: &mut Random) -> Page {
    let pattern: Vec<u8> = (0..1 + random.below(600))
        .map(|_| random.next() as u8)
        .collect();
    let mut page: Page = core::array::from_fn(|at| pattern[at % pattern.len()]);
    for _ in 0..random.below(20) {
        page[random.below(PAGE_SIZE)] ^= 1;
    }
    page
}

/// Runs of noise and copies of what came before, of any lengths.
fn copies(random: &mut Random) -> Page {
    let longest = 1 << (2 + random.below(9));
    let mut bytes = vec![random.next() as u8];
    while bytes.len() < PAGE_SIZE {
        let length = 1 + random.below(longest);
        let back = 1 + random.below(bytes.len());
        let copy = random.below(3) > 0;
        for _ in 0..length {
            let next = if copy {
                bytes[bytes.len() - back]
            } else {
                random.next() as u8
            };
            bytes.push(next);
        }
    }
    bytes[..PAGE_SIZE].try_into().unwrap()
}

/// Noise with one repeat, often at a border.
fn one_repeat(random: &mut Random) -> Page {
    let mut page = noise(random);
    let length = 4 + random.below(64);
    let last = PAGE_SIZE - length;
    let to = [last - random.below(24), 1 + random.below(last)][random.below(2)];
    let from = [random.below(3).min(to - 1), random.below(to)][random.below(2)];
    for n in 0..length {
        page[to + n] = page[from + n];
    }
    page
}

fn in_part(random: &mut Random) -> Page {
    let (one, other) = (made(random), made(random));
    let border = random.below(PAGE_SIZE);
    core::array::from_fn(|at| if at < border { one[at] } else { other[at] })
}

/// A page of a random structure.
pub fn made(random: &mut Random) -> Page {
    match random.below(9) {
        0 => noise(random),
        1 => numbers(random),
        2 => pointers(random),
        3 => text(random),
        4 => periodic(random),
        5 | 6 => copies(random),
        7 => one_repeat(random),
        _ => in_part(random),
    }
}

/// Pages of this machine's programs and libraries, `most` of each folder.
pub fn of_files(most: usize) -> Vec<Page> {
    let mut pages = Vec::new();
    for folder in ["/usr/bin", "/usr/lib/x86_64-linux-gnu"] {
        let mut files: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        files.sort_by_key(|file| file.file_name());
        let contents = files.iter().filter_map(|file| fs::read(file.path()).ok());
        let blocks = contents.flat_map(|bytes| {
            let blocks: Vec<Page> = bytes
                .chunks_exact(PAGE_SIZE)
                .step_by(7)
                .map(|block| block.try_into().unwrap())
                .collect();
            blocks
        });
        pages.extend(blocks.take(most));
    }
    pages
}

/// Pages of this process's memory.
pub fn of_memory() -> Vec<Page> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let memory = File::open("/proc/self/mem").unwrap();
    let mut pages = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" r")) {
        let (from, rest) = line.split_once('-').unwrap();
        let from = u64::from_str_radix(from, 16).unwrap();
        let to = u64::from_str_radix(rest.split(' ').next().unwrap(), 16).unwrap();
        for at in (from..to).step_by(PAGE_SIZE).take(2000) {
            let mut page = [0; PAGE_SIZE];
            if memory.read_exact_at(&mut page, at).is_ok() {
                pages.push(page);
            }
        }
    }
    pages
}
