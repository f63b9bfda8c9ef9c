// SPDX-License-Identifier: GPL-2.0
//! Traces of what happens to the pages of swap disks, for those who compare replacement policies.
//!
//! Off, it costs a test of a flag a page. On, records wait in a ring for each CPU until they are read; those that find it full
//! are counted, and lost.
//!
//! Locks: `reader` (mutex: one reader at a time), and in it a ring's spinlock, innermost, for a few instructions. Nothing is
//! allocated or freed under it: recording works wherever a page is put, got or flushed.
#![forbid(unsafe_code)]

use crate::{
    core::{
        hash,
        trace::{Event, Record, BYTES},
    },
    ffi::{bio::Origin, clock, page::Page, percpu::PerCpu, random},
};
use core::{
    mem::swap,
    ops::Range,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};
use kernel::{
    prelude::*,
    sync::{new_mutex, new_spinlock, Arc, Mutex, SpinLock},
    uaccess::UserSliceWriter,
};

/// Records of a ring: what comes in a second when a machine does little else than swap.
const RING: usize = 1 << 14;

type Records = KVVec<[u8; BYTES]>;

/// The rings, and who reads them.
#[pin_data]
pub struct Recorder {
    on: AtomicBool,
    lost: AtomicU64,
    rings: PerCpu<Pin<KBox<SpinLock<Records>>>>,
    #[pin]
    reader: Mutex<Reader>,
    secret: [AtomicU64; hash::Key::WORDS],
}

/// What was taken from a ring, and how much of it is read.
struct Reader {
    records: Records,
    read: usize,
}

/// A disk's records.
pub struct Trace {
    recorder: Arc<Recorder>,
    disk: u32,
}

impl Recorder {
    /// Off. May sleep. ENOMEM.
    pub fn new() -> Result<Arc<Self>> {
        let ring = || KBox::pin_init(new_spinlock!(Records::new(), "tmem_trace"), GFP_KERNEL);
        let reader = Reader {
            records: Records::new(),
            read: 0,
        };
        Arc::pin_init(
            try_pin_init!(Self {
                on: AtomicBool::new(false),
                lost: AtomicU64::new(0),
                rings: PerCpu::new(ring)?,
                reader <- new_mutex!(reader, "tmem_trace_reader"),
                secret: [const { AtomicU64::new(0) }; hash::Key::WORDS],
            }),
            GFP_KERNEL,
        )
    }

    /// Begins a new trace; what is left of an older one goes. May sleep. ENOMEM.
    pub fn start(&self) -> Result {
        let mut reader = self.reader.lock();
        self.on.store(false, Relaxed);
        for (word, random) in self
            .secret
            .iter()
            .zip(random::words::<{ hash::Key::WORDS }>())
        {
            word.store(random, Relaxed);
        }
        reader.read = 0;
        reader.records.clear();
        for ring in self.rings.iter() {
            let mut empty = Records::with_capacity(RING, GFP_KERNEL)?;
            swap(&mut *ring.lock(), &mut empty);
        }
        self.lost.store(0, Relaxed);
        self.on.store(true, Relaxed);
        Ok(())
    }

    /// Ends it; what it has can still be read.
    pub fn stop(&self) {
        self.on.store(false, Relaxed);
    }

    /// Writes records to `out`, as many as there are and find room, and says how many bytes that is; 0 when there are none
    /// now. Those of a CPU are in order. May sleep. EINVAL when there is no room for one, EFAULT, ENOMEM.
    pub fn read(&self, out: &mut UserSliceWriter) -> Result<usize> {
        let room = out.len();
        if room < BYTES {
            return Err(EINVAL);
        }
        let mut reader = self.reader.lock();
        self.report_lost(out)?;
        while out.len() >= BYTES && (!reader.is_done() || self.refill(&mut reader)?) {
            reader.give(out)?;
        }
        Ok(room.saturating_sub(out.len()))
    }

    fn report_lost(&self, out: &mut UserSliceWriter) -> Result {
        let lost = self.lost.swap(0, Relaxed);
        if lost == 0 {
            return Ok(());
        }
        let record = Record {
            key: lost,
            ..Record::new(Event::Lost, clock::now(), 0, 0)
        };
        out.write_slice(&record.to_bytes())
    }

    /// Takes what a ring has; whether any has something. When recording has ended, the rings' memory goes with the last
    /// records.
    fn refill(&self, reader: &mut Reader) -> Result<bool> {
        reader.read = 0;
        for ring in self.rings.iter() {
            reader.records.clear();
            if !self.on.load(Relaxed) {
                reader.records = Records::new();
            } else if reader.records.capacity() == 0 {
                reader.records = Records::with_capacity(RING, GFP_KERNEL)?;
            }
            swap(&mut *ring.lock(), &mut reader.records);
            if !reader.records.is_empty() {
                return Ok(true);
            }
        }
        if !self.on.load(Relaxed) {
            reader.records = Records::new();
        }
        Ok(false)
    }

    #[inline(never)]
    fn record(&self, record: &Record) {
        let mut ring = self.rings.here().lock();
        if ring.push_within_capacity(record.to_bytes()).is_err() {
            self.lost.fetch_add(1, Relaxed);
        }
    }

    fn key(&self) -> hash::Key {
        hash::Key::new(core::array::from_fn(|at| self.secret[at].load(Relaxed)))
    }

    /// The key of a page, and whether it is its content's.
    fn name(&self, page: &Page<'_>, origin: &Origin<'_>) -> (u64, bool) {
        match origin.place() {
            Some([mapping, index]) => {
                let secret = self.secret[0].load(Relaxed);
                let mapping = hash::with_domain(secret, mapping);
                (hash::with_domain(mapping, index), false)
            }
            None => (hash::page_hash(&self.key(), page.bytes()), true),
        }
    }
}

impl Reader {
    fn is_done(&self) -> bool {
        self.read == self.records.len()
    }

    fn give(&mut self, out: &mut UserSliceWriter) -> Result {
        let records = self.records.get(self.read..).unwrap_or_default();
        let fit = records.len().min(out.len() / BYTES);
        let records = records.get(..fit).unwrap_or_default();
        out.write_slice(records.as_flattened())?;
        self.read = self.read.saturating_add(fit);
        Ok(())
    }
}

impl Trace {
    /// Of disk `disk`.
    pub fn new(recorder: Arc<Recorder>, disk: u32) -> Self {
        Self { recorder, disk }
    }

    #[inline(always)]
    fn is_on(&self) -> bool {
        self.recorder.on.load(Relaxed)
    }

    /// A page of cgroup `owner` was put, and now takes `length` bytes, or was refused.
    #[inline(always)]
    pub fn put(
        &self,
        slot: u64,
        page: &Page<'_>,
        (owner, origin): (u64, &Origin<'_>),
        length: impl FnOnce() -> usize,
        result: &Result,
    ) {
        if self.is_on() {
            let event = if result.is_ok() {
                Event::Put
            } else {
                Event::Refused
            };
            let (key, by_content) = self.recorder.name(page, origin);
            self.recorder.record(&Record {
                owner,
                key,
                by_content,
                length: length() as u16,
                ..self.about(event, slot)
            });
        }
    }

    /// So many pages were got, from `first` on.
    #[inline(always)]
    pub fn get(&self, first: u64, pages: u64) {
        if self.is_on() {
            let slots = first..first.saturating_add(pages);
            slots.for_each(|slot| self.recorder.record(&self.about(Event::Get, slot)));
        }
    }

    /// Pages were flushed, stored or not.
    #[inline(always)]
    pub fn flush(&self, slots: Range<u64>) {
        if self.is_on() {
            self.record_flush(slots);
        }
    }

    #[inline(never)]
    fn record_flush(&self, slots: Range<u64>) {
        slots.for_each(|slot| self.recorder.record(&self.about(Event::Flush, slot)));
    }

    fn about(&self, event: Event, slot: u64) -> Record {
        Record::new(event, clock::now(), self.disk, slot)
    }
}
