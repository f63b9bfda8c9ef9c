// SPDX-License-Identifier: GPL-2.0
//! A checksum of stored bytes: CRC32C, four lanes of it.
//!
//! The kernel's `crc32c` opens an FPU section for anything longer than 512 bytes: 1,030
//! instructions for a page, and the task's registers to save and restore, in every swap-in. The
//! `crc32` instruction needs no FPU state and takes a word in one instruction; four lanes hide its
//! latency of three cycles. Each lane is CRC32C over a quarter of the bytes, so that a CPU without
//! SSE 4.2 gets the same sum from the kernel's function. A change within one lane always changes
//! the sum.

use super::bindings;
use core::arch::asm;
use kernel::sync::atomic::{ordering::Relaxed, Atomic};

/// Words of each lane between two branches.
const UNROLLED: usize = 8;

static HAS_CRC32: Atomic<bool> = Atomic::new(false);

/// Looks at what the CPU can. Until it was called, [`of`] uses the kernel's function; the sums are
/// the same.
pub(super) fn detect() {
    // SAFETY: has no preconditions.
    let has_sse42 = unsafe { bindings::tmem_has_sse42() };
    HAS_CRC32.store(has_sse42, Relaxed);
}

/// The sum of `bytes`. Any context.
pub(super) fn of(bytes: &[u8]) -> u32 {
    // Whole rounds of the unrolled loop; what is left goes to the last lane.
    let lane = bytes.len() / (4 * 8 * UNROLLED) * (8 * UNROLLED);
    let (lanes, rest) = bytes.split_at(4 * lane);
    if HAS_CRC32.load(Relaxed) {
        // SAFETY: the CPU has the instruction, and each lane is `lane` bytes of `lanes`, a multiple
        // of the loop's step.
        let [first, second, third, fourth] = unsafe { lanes_by_instruction(lanes.as_ptr(), lane) };
        // SAFETY: the CPU has the instruction.
        unsafe { combine_by_instruction([first, second, third, rest_by_instruction(fourth, rest)]) }
    } else {
        let mut sums = [!0; 4];
        for (sum, quarter) in sums.iter_mut().zip(lanes.chunks_exact(lane.max(1))) {
            *sum = by_library(*sum, quarter);
        }
        sums[3] = by_library(sums[3], rest);
        sums.iter()
            .fold(!0, |sum, lane| by_library(sum, &lane.to_le_bytes()))
    }
}

fn by_library(sum: u32, bytes: &[u8]) -> u32 {
    // SAFETY: reads that many bytes.
    unsafe { bindings::crc32c(sum, bytes.as_ptr().cast(), bytes.len()) }
}

/// # Safety
///
/// The CPU must have SSE 4.2; `start` must be four times `lane` readable bytes, `lane` a multiple
/// of `8 * UNROLLED`.
unsafe fn lanes_by_instruction(start: *const u8, lane: usize) -> [u32; 4] {
    let [mut a, mut b, mut c, mut d] = [u64::from(u32::MAX); 4];
    let mut at = start;
    let end = start.wrapping_add(lane);
    while at < end {
        // SAFETY: reads UNROLLED words of each lane from `at` on, which are inside it as `lane` is
        // a multiple of their size.
        unsafe {
            asm!(
                ".irp offset, 0, 8, 16, 24, 32, 40, 48, 56",
                r"crc32 {a}, qword ptr [{at} + \offset]",
                r"crc32 {b}, qword ptr [{at} + {lane} + \offset]",
                r"crc32 {c}, qword ptr [{at} + 2 * {lane} + \offset]",
                r"crc32 {d}, qword ptr [{at} + {lanes} + \offset]",
                ".endr",
                a = inout(reg) a,
                b = inout(reg) b,
                c = inout(reg) c,
                d = inout(reg) d,
                at = in(reg) at,
                lane = in(reg) lane,
                lanes = in(reg) lane.wrapping_mul(3),
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        at = at.wrapping_add(8 * UNROLLED);
    }
    [a as u32, b as u32, c as u32, d as u32]
}

/// # Safety
///
/// The CPU must have SSE 4.2.
unsafe fn rest_by_instruction(sum: u32, bytes: &[u8]) -> u32 {
    let mut sum = u64::from(sum);
    let blocks = bytes.chunks_exact(32);
    let rest = blocks.remainder();
    for block in blocks {
        // SAFETY: reads the 32 bytes of `block`.
        unsafe {
            asm!(
                ".irp offset, 0, 8, 16, 24",
                r"crc32 {sum}, qword ptr [{block} + \offset]",
                ".endr",
                sum = inout(reg) sum, block = in(reg) block.as_ptr(),
                options(pure, readonly, nostack, preserves_flags),
            );
        }
    }
    let words = rest.chunks_exact(8);
    let odd = words.remainder();
    for word in words {
        // SAFETY: reads the 8 bytes of `word`.
        unsafe {
            asm!("crc32 {sum}, qword ptr [{word}]", sum = inout(reg) sum, word = in(reg) word.as_ptr(),
                options(pure, readonly, nostack, preserves_flags));
        }
    }
    for byte in odd {
        // SAFETY: works on registers.
        unsafe {
            asm!("crc32 {sum:e}, {byte}", sum = inout(reg) sum, byte = in(reg_byte) *byte,
                options(pure, nomem, nostack, preserves_flags));
        }
    }
    sum as u32
}

/// # Safety
///
/// The CPU must have SSE 4.2.
unsafe fn combine_by_instruction(sums: [u32; 4]) -> u32 {
    let mut sum = u32::MAX;
    for lane in sums {
        // SAFETY: works on registers.
        unsafe {
            asm!("crc32 {sum:e}, {lane:e}", sum = inout(reg) sum, lane = in(reg) lane,
                options(pure, nomem, nostack));
        }
    }
    sum
}
