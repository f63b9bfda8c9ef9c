// SPDX-License-Identifier: GPL-2.0
//! Replacement policies of textbooks and papers, each as a cache of pages in a fixed number of frames: to be compared on
//! traces, with each other and with the module's own.
//!
//! They are for hosts: they allocate, which nothing else in this crate does, and the module does not compile them.
#![forbid(unsafe_code)]

mod adaptive;
mod aging;
mod arc;
mod clock;
mod counted;
mod enhanced;
mod fifo;
mod lru;
mod opt;
mod queue;
mod ring;
mod s3_fifo;
mod second_chance;
mod sieve;
mod two_q;

pub use adaptive::Adaptive;
pub use aging::Aging;
pub use arc::Arc;
pub use clock::Clock;
pub use counted::Counted;
pub use enhanced::EnhancedSecondChance;
pub use fifo::Fifo;
pub use lru::Lru;
pub use opt::Opt;
pub use s3_fifo::S3Fifo;
pub use second_chance::SecondChance;
pub use sieve::Sieve;
pub use two_q::TwoQ;

/// A page's name.
pub type Key = u64;

/// When a page is asked for that never is again.
pub const NEVER: u64 = u64::MAX;

/// Somebody needs a page, or has a new one.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// Which page.
    pub key: Key,
    /// Where it is, among all that are stored: for [`Adaptive`], which goes through them in that order.
    pub place: u64,
    /// It is not as it is on disk: it would have to be written there before it leaves.
    pub dirty: bool,
    /// When it will be asked for next, a number that grows with time: for [`Opt`], which nobody else is.
    pub next: u64,
}

/// Pages in frames. An ordinary reference is a `get`, and if that misses, a `put`.
pub trait Cache {
    /// Whether the page is there.
    fn get(&mut self, page: Reference) -> bool;

    /// Takes a page in, or what it holds now. Another leaves if there is no free frame.
    fn put(&mut self, page: Reference);

    /// The page is not needed any more: its frame is free.
    fn flush(&mut self, key: Key);

    /// Whether a page is there, without asking for it.
    fn holds(&self, key: Key) -> bool;

    /// Frames in use.
    fn pages(&self) -> usize;
}

/// A policy by its name, with so many frames, at least one.
pub type Maker = fn(usize) -> Box<dyn Cache>;

/// Those that do not know the future.
pub const ONLINE: [(&str, Maker); 12] = [
    ("FIFO", |frames| Box::new(Fifo::new(frames))),
    ("second chance", |frames| {
        Box::new(SecondChance::new(frames))
    }),
    ("enhanced", |frames| {
        Box::new(EnhancedSecondChance::new(frames))
    }),
    ("CLOCK", |frames| Box::new(Clock::new(frames))),
    ("LRU", |frames| Box::new(Lru::new(frames))),
    ("aging", |frames| Box::new(Aging::new(frames))),
    ("LFU", |frames| Box::new(Counted::least(frames))),
    ("MFU", |frames| Box::new(Counted::most(frames))),
    ("2Q", |frames| Box::new(TwoQ::new(frames))),
    ("S3-FIFO", |frames| Box::new(S3Fifo::new(frames))),
    ("SIEVE", |frames| Box::new(Sieve::new(frames))),
    ("ARC", |frames| Box::new(Arc::new(frames))),
];
