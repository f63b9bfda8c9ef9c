// SPDX-License-Identifier: GPL-2.0
//! Anonymous memory, page by page.

use crate::content::PAGE;
use crate::outcome::Outcome;
use clap::ValueEnum;
use std::ops::Range;
use std::ptr::{null_mut, NonNull};
use std::{io, slice};

/// Whose memory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// The process's own.
    Private,
    /// The same, in huge pages.
    Huge,
    /// tmpfs's.
    Shared,
}

/// Memory that is unmapped when dropped.
pub struct Mapping {
    start: NonNull<u8>,
    bytes: usize,
}

/// Bytes of a huge page.
const HUGE: usize = 2 << 20;

impl Mapping {
    /// Zeroed memory, aligned to a huge page.
    pub fn new(bytes: usize, kind: Kind) -> Outcome<Self> {
        let sharing = match kind {
            Kind::Shared => libc::MAP_SHARED,
            Kind::Private | Kind::Huge => libc::MAP_PRIVATE,
        };
        let room = bytes + HUGE;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping, where the kernel likes.
        let start = unsafe {
            libc::mmap(
                null_mut(),
                room,
                protection,
                sharing | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error().into());
        }
        let lead = (HUGE - start as usize % HUGE) % HUGE;
        // SAFETY: the ends of the mapping just made that are not wanted, whole pages.
        let start = unsafe {
            if lead > 0 {
                libc::munmap(start, lead);
            }
            if lead < HUGE {
                libc::munmap(start.byte_add(lead + bytes), HUGE - lead);
            }
            start.byte_add(lead)
        };
        let start = NonNull::new(start.cast()).ok_or("mapped at address 0")?;
        let mapping = Self { start, bytes };
        // A kernel without huge pages knows neither; nobody has to tell it to make none.
        match kind {
            Kind::Huge => mapping.advise(libc::MADV_HUGEPAGE)?,
            _ => mapping.advise(libc::MADV_NOHUGEPAGE).unwrap_or(()),
        }
        Ok(mapping)
    }

    pub fn pages(&self) -> usize {
        self.bytes / PAGE
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the mapping is ours alone: what is forked has its own, or takes turns.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.bytes) }
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.bytes) }
    }

    pub fn page(&self, index: usize) -> &[u8] {
        &self.bytes()[index * PAGE..][..PAGE]
    }

    pub fn page_mut(&mut self, index: usize) -> &mut [u8] {
        &mut self.bytes_mut()[index * PAGE..][..PAGE]
    }

    /// Has the kernel write the memory to swap.
    pub fn page_out(&self) -> Outcome {
        self.advise(libc::MADV_PAGEOUT)
    }

    /// The same for some of its pages.
    pub fn page_out_pages(&self, pages: Range<usize>) -> Outcome {
        advise(
            &self.bytes()[pages.start * PAGE..pages.end * PAGE],
            libc::MADV_PAGEOUT,
        )
    }

    /// How many of its pages are not in memory.
    pub fn pages_out(&self) -> Outcome<usize> {
        let mut in_memory = vec![0u8; self.pages()];
        let (start, pages) = (self.start.as_ptr().cast(), in_memory.as_mut_ptr());
        // SAFETY: our mapping, and a byte for each of its pages.
        match unsafe { libc::mincore(start, self.bytes, pages) } {
            0 => Ok(in_memory.iter().filter(|&&page| page & 1 == 0).count()),
            _ => Err(io::Error::last_os_error().into()),
        }
    }

    fn advise(&self, advice: libc::c_int) -> Outcome {
        advise(self.bytes(), advice)
    }
}

fn advise(memory: &[u8], advice: libc::c_int) -> Outcome {
    // SAFETY: memory of a mapping, and no advice given here changes its content.
    match unsafe { libc::madvise(memory.as_ptr().cast_mut().cast(), memory.len(), advice) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error().into()),
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}

// SAFETY: plain memory, borrowed under Rust's own rules.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}
