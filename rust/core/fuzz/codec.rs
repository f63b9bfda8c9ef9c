// SPDX-License-Identifier: GPL-2.0
//! libFuzzer target: any page, any page that changes while it is encoded, and any stream to decode, against liblz4.
#![no_main]

#[path = "../tests/codec/liblz4.rs"]
mod liblz4;
#[path = "../tests/codec/reference.rs"]
mod reference;

use core::cell::Cell;
use core::sync::atomic::{AtomicU8, Ordering};
use tmem_core::codec::lz4::{decode, encode, equals, OUT_LEN};
use tmem_core::codec::raw::{Pos, Source, SLOTS};
use tmem_core::size::PAGE_SIZE;

/// A page whose loads are changed by what `noise` holds, a byte a load, again and again.
struct Changing<'a> {
    page: &'a [u8; PAGE_SIZE],
    noise: &'a [u8],
    loads: Cell<usize>,
}

impl Changing<'_> {
    fn load(&self, at: usize, bytes: usize) -> u64 {
        let load = self.loads.replace(self.loads.get() + 1);
        let noise = u64::from(self.noise[load % self.noise.len()]);
        let word = (0..bytes)
            .rev()
            .fold(0, |word, n| (word << 8) | u64::from(self.page[at + n]));
        word ^ noise.rotate_right(noise as u32)
    }
}

impl Source for Changing<'_> {
    fn load64<const OFF: usize>(&self, at: Pos) -> u64 {
        self.load(at.get() + OFF, 8)
    }
    fn load32(&self, at: Pos) -> u32 {
        self.load(at.get(), 4) as u32
    }
    fn load8(&self, at: Pos) -> u8 {
        self.load(at.get(), 1) as u8
    }
    fn byte(&self, at: usize) -> u8 {
        self.load(at % PAGE_SIZE, 1) as u8
    }
}

/// What the stream of `page` within `cut` decodes to.
fn coded<S: Source>(page: &S, cut: usize) -> Option<[u8; PAGE_SIZE]> {
    // On the heap, where the sanitizer sees each end.
    let mut out = Box::new([0xaa; OUT_LEN]);
    let mut memory = Box::new([0xffff; SLOTS]);
    let length = encode(page, &mut out, &mut memory, cut)?;
    assert!(length <= cut);
    let page = liblz4::decode(&out[..length]).expect("a stream of one page");
    assert!(decoded(&out[..length]) == Some(page));
    Some(page)
}

/// What our decoder makes of `stream`, which ends where its allocation ends.
fn decoded(stream: &[u8]) -> Option<[u8; PAGE_SIZE]> {
    let stream: Box<[u8]> = stream.into();
    let page = Box::new([const { AtomicU8::new(0xa5) }; PAGE_SIZE]);
    let whole = decode(&stream, &*page);
    // What is left of a stream that is no page is compared as far as it was decoded.
    assert!(equals(&stream, &*page) == whole.is_some());
    whole?;
    Some(core::array::from_fn(|at| page[at].load(Ordering::Relaxed)))
}

/// All decoders must say the same, but that liblz4 is not so strict.
fn check_stream(stream: &[u8]) {
    let expected = reference::by_the_book(stream);
    let ours = decoded(stream);
    assert!(ours.as_ref() == expected.as_ref().ok());
    if let Ok((page, strict)) = reference::loosely(stream) {
        assert!(equals(stream, &page.map(AtomicU8::new)) == strict);
    }
    if expected != Err(reference::Flaw::Tolerated) {
        assert!(liblz4::decode(stream) == ours);
    }
}

/// The first 2 bytes are the limit, the next the page (repeated to its end), the rest what changes it.
fn check(data: &[u8]) {
    check_stream(data);
    let [low, high, rest @ ..] = data else { return };
    if rest.is_empty() {
        return;
    }
    let cut = usize::from(u16::from_le_bytes([*low, *high])) % (OUT_LEN + 1);
    let page: [u8; PAGE_SIZE] = core::array::from_fn(|at| rest[at % rest.len()]);
    let shared = Box::new(page.map(AtomicU8::new));
    let whole = coded(&*shared, OUT_LEN).expect("room for any page");
    assert!(whole == page);
    assert!(decoded(&liblz4::encode(&page)) == Some(page));
    assert!(equals(data, &*shared) == (decoded(data) == Some(page)));
    assert!(coded(&*shared, cut).is_none_or(|decoded| decoded == page));
    let noise = &rest[rest.len().min(PAGE_SIZE) - 1..];
    coded(
        &Changing {
            page: &page,
            noise,
            loads: Cell::new(0),
        },
        OUT_LEN,
    );
}

/// # Safety
///
/// `data` must point to `size` bytes.
#[no_mangle]
pub unsafe extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> i32 {
    // SAFETY: as the caller promises.
    check(unsafe { core::slice::from_raw_parts(data, size) });
    0
}
