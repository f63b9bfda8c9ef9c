// SPDX-License-Identifier: GPL-2.0
//! Pages that change while they are encoded or decoded, and memory that ends where the buffers do.

use crate::blocks::made_block;
use crate::decoding::decoded;
use crate::liblz4;
use crate::pages::{made, shared, Page, Random};
use core::cell::RefCell;
use core::ffi::{c_int, c_long, c_void};
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use tmem_core::codec::lz4::{decode, encode, equals, OUT_LEN};
use tmem_core::codec::raw::{Place, Pos, Sink, Source, SLOTS};
use tmem_core::size::PAGE_SIZE;

/// Encodes; what comes out must be a stream of some page, within `cut`.
fn check<S: Source>(page: &S, cut: usize) {
    let mut out = [0; OUT_LEN];
    if let Some(length) = encode(page, &mut out, &mut [0; SLOTS], cut) {
        assert!(length <= cut);
        assert!(
            liblz4::decode(&out[..length]).is_some(),
            "no page is in the stream"
        );
    }
}

/// A page of which one load in `one_in` gives something else, or what another place holds.
struct Changing {
    page: Page,
    random: RefCell<Random>,
    one_in: usize,
}

impl Changing {
    fn disturb(&self, word: u64) -> u64 {
        let mut random = self.random.borrow_mut();
        if random.below(self.one_in) > 0 {
            return word;
        }
        match random.below(4) {
            0 => (random.next() << 32) ^ random.next(),
            1 => 0,
            2 => u64::from(self.page[random.below(PAGE_SIZE)]) * (u64::MAX / 255),
            _ => word ^ (1 << random.below(64)),
        }
    }

    fn word(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.page[at..at + 8].try_into().unwrap())
    }
}

impl Source for Changing {
    fn load64<const OFF: usize>(&self, at: Pos) -> u64 {
        self.disturb(self.word(at.get() + OFF))
    }

    fn load32(&self, at: Pos) -> u32 {
        self.disturb(self.word(at.get())) as u32
    }

    fn load8(&self, at: Pos) -> u8 {
        self.disturb(self.page[at.get()].into()) as u8
    }

    fn byte(&self, at: usize) -> u8 {
        self.disturb(self.page[at % PAGE_SIZE].into()) as u8
    }
}

#[test]
fn a_page_of_changing_content_gives_a_stream() {
    let mut random = Random::new(11);
    for round in 0..10_000 {
        let page = made(&mut random);
        let one_in = [1, 2, 10, 100, 1000][round % 5];
        let source = Changing {
            page,
            random: RefCell::new(Random::new(random.next())),
            one_in,
        };
        check(
            &source,
            if round % 2 == 0 {
                OUT_LEN
            } else {
                random.below(PAGE_SIZE)
            },
        );
    }
}

/// All loads give the same: every probe hits, every match goes on.
#[test]
fn a_page_that_always_matches_gives_a_stream() {
    struct Same;
    impl Source for Same {
        fn load64<const OFF: usize>(&self, _: Pos) -> u64 {
            0
        }
        fn load32(&self, _: Pos) -> u32 {
            0
        }
        fn load8(&self, _: Pos) -> u8 {
            0
        }
        fn byte(&self, _: usize) -> u8 {
            0
        }
    }
    check(&Same, OUT_LEN);
}

#[test]
fn a_page_written_by_another_thread_gives_a_stream() {
    let mut random = Random::new(12);
    let page: [AtomicU8; PAGE_SIZE] = shared(&made(&mut random));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = Random::new(13);
            while !done.load(Ordering::Relaxed) {
                for (to, from) in page.iter().zip(made(&mut random)) {
                    to.store(from, Ordering::Relaxed);
                }
            }
        });
        for _ in 0..20_000 {
            check(&page, OUT_LEN);
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// A page of which each load gives something else.
struct Forgetful(RefCell<Random>);

impl Sink for Forgetful {
    fn get<const COUNT: usize>(&self, _: Place<COUNT>) -> [u8; COUNT] {
        core::array::from_fn(|_| self.0.borrow_mut().next() as u8)
    }
    fn put<const COUNT: usize>(&self, _: Place<COUNT>, _: [u8; COUNT]) {}
}

/// What is a page is a matter of lengths and offsets, not of what the page holds meanwhile.
#[test]
fn a_page_that_changes_is_decoded_as_well() {
    let mut random = Random::new(15);
    let page = Forgetful(RefCell::new(Random::new(16)));
    for _ in 0..20_000 {
        let block = made_block(&mut random);
        assert_eq!(decode(&block, &page), decoded(&block).map(|_| ()));
        equals(&block, &page);
    }
}

extern "C" {
    fn mmap(
        at: *mut c_void,
        size: usize,
        prot: c_int,
        flags: c_int,
        fd: c_int,
        off: c_long,
    ) -> *mut c_void;
    fn mprotect(at: *mut c_void, size: usize, prot: c_int) -> c_int;
}

/// Zeroed memory for a `T` with a page on both sides that must not be touched; the `T` ends (or
/// begins, if `low`) at one of them. It is never unmapped.
fn guarded<T>(low: bool) -> &'static mut T {
    const PRIVATE_ANONYMOUS: c_int = 0x22;
    const READ_WRITE: c_int = 3;
    let size = core::mem::size_of::<T>();
    let room = size.next_multiple_of(PAGE_SIZE);
    // SAFETY: new memory, of which only the middle is used; a `T` here is made of integers, for
    // which zero is a valid value, and of alignment 1 or 2, which `size` keeps.
    unsafe {
        let none = mmap(
            core::ptr::null_mut(),
            room + 2 * PAGE_SIZE,
            0,
            PRIVATE_ANONYMOUS,
            -1,
            0,
        );
        assert!(none as isize != -1, "no memory");
        let middle = none.cast::<u8>().add(PAGE_SIZE);
        assert_eq!(mprotect(middle.cast(), room, READ_WRITE), 0);
        &mut *middle.add(if low { 0 } else { room - size }).cast::<T>()
    }
}

#[test]
fn nothing_outside_the_buffers_is_touched() {
    let mut random = Random::new(14);
    for low in [false, true] {
        let page = guarded::<[AtomicU8; PAGE_SIZE]>(low);
        let out = guarded::<[u8; OUT_LEN]>(low);
        let table = guarded::<[u16; SLOTS]>(low);
        for _ in 0..30_000 {
            for (to, from) in page.iter_mut().zip(made(&mut random)) {
                *to.get_mut() = from;
            }
            encode(page, out, table, random.below(OUT_LEN + 1));
        }
    }
}

#[test]
fn decoding_and_comparing_touch_nothing_outside_the_block_and_the_page() {
    let mut random = Random::new(17);
    for low in [false, true] {
        let page = guarded::<[AtomicU8; PAGE_SIZE]>(low);
        let memory = guarded::<[u8; 2 * PAGE_SIZE]>(low);
        for _ in 0..30_000 {
            let block = made_block(&mut random);
            let room = memory
                .len()
                .checked_sub(block.len())
                .expect("a short block");
            let at = if low { 0 } else { room };
            let copy = &mut memory[at..at + block.len()];
            copy.copy_from_slice(&block);
            let whole = decode(copy, page).is_some();
            assert_eq!(equals(copy, page), whole);
        }
    }
}
