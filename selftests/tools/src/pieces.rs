// SPDX-License-Identifier: GPL-2.0
//! Direct requests whose memory lies in pieces: buffers aligned to no more than a sector, and lists of parts that end inside a
//! page of the disk.

use crate::content::{Class, Content, Rng, PAGE};
use crate::device::Device;
use crate::ensure;
use crate::mapping::{Kind, Mapping};
use crate::outcome::Outcome;
use clap::Args;
use std::io;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    device: PathBuf,
    #[arg(long, default_value_t = 200)]
    rounds: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const SECTOR: usize = 512;
/// Pages of one request.
const PAGES: usize = 4;
const BYTES: usize = PAGES * PAGE;

/// Direction of a request.
#[derive(Clone, Copy)]
enum Way {
    In,
    Out,
}

pub fn run(options: &Options) -> Outcome {
    let device = Device::direct(&options.device)?;
    let mut memory = Mapping::new(8 * BYTES, Kind::Private)?;
    let mut rng = Rng::new(options.seed);
    for round in 0..options.rounds {
        let first = rng.below(device.pages() - PAGES as u64);
        let mut wanted = vec![0; BYTES];
        for page in wanted.chunks_mut(PAGE) {
            Content::new(Class::Mixed, rng.next()).make(page);
        }
        let parts = cut(&mut rng);
        scatter(&wanted, memory.bytes_mut(), &parts);
        transfer(&device, memory.bytes_mut(), &parts, first, Way::Out)?;
        let parts = cut(&mut rng);
        memory.bytes_mut().fill(0x55);
        transfer(&device, memory.bytes_mut(), &parts, first, Way::In)?;
        ensure!(
            gather(memory.bytes(), &parts) == wanted,
            "round {round}: other bytes came back"
        );
        untouched_beside(memory.bytes(), &parts)?;
    }
    Ok(())
}

/// Parts of the memory, whole sectors that add up to the request: where each starts, and its length.
fn cut(rng: &mut Rng) -> Vec<(usize, usize)> {
    let (mut parts, mut at, mut left) = (Vec::new(), 0, BYTES);
    while left > 0 {
        at += SECTOR * (1 + rng.below(3) as usize);
        let length = left.min(SECTOR * (1 + rng.below(12) as usize));
        parts.push((at, length));
        at += length;
        left -= length;
    }
    parts
}

fn scatter(bytes: &[u8], memory: &mut [u8], parts: &[(usize, usize)]) {
    let mut from = 0;
    for &(at, length) in parts {
        memory[at..at + length].copy_from_slice(&bytes[from..from + length]);
        from += length;
    }
}

fn gather(memory: &[u8], parts: &[(usize, usize)]) -> Vec<u8> {
    let pieces = parts.iter().map(|&(at, length)| &memory[at..at + length]);
    pieces.flatten().copied().collect()
}

/// A read must fill its parts and nothing else.
fn untouched_beside(memory: &[u8], parts: &[(usize, usize)]) -> Outcome {
    let mut end = 0;
    for &(at, length) in parts {
        ensure!(
            memory[end..at].iter().all(|&byte| byte == 0x55),
            "memory between the parts was written"
        );
        end = at + length;
    }
    Ok(())
}

fn transfer(
    device: &Device,
    memory: &mut [u8],
    parts: &[(usize, usize)],
    first: u64,
    way: Way,
) -> Outcome {
    let vectors: Vec<_> = parts
        .iter()
        .map(|&(at, length)| libc::iovec {
            iov_base: memory[at..at + length].as_mut_ptr().cast(),
            iov_len: length,
        })
        .collect();
    let (fd, count, start) = (
        device.file().as_raw_fd(),
        vectors.len() as libc::c_int,
        first as i64 * PAGE as i64,
    );
    // SAFETY: the vectors point into `memory`, which we hold alone.
    let moved = unsafe {
        match way {
            Way::In => libc::preadv(fd, vectors.as_ptr(), count, start),
            Way::Out => libc::pwritev(fd, vectors.as_ptr(), count, start),
        }
    };
    ensure!(
        moved == BYTES as isize,
        "{moved} bytes of {BYTES} were moved: {}",
        io::Error::last_os_error()
    );
    Ok(())
}
