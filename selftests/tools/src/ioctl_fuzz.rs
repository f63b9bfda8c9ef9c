// SPDX-License-Identifier: GPL-2.0
//! Commands of every kind to /dev/tmem, with structures that are mostly right and somewhere wrong, from several threads that share
//! files. Whatever is sent: an error that the interface has, no byte written but where a result belongs, and the kernel goes on.

use crate::content::Rng;
use crate::ensure;
use crate::mapping::{Kind as Memory, Mapping};
use crate::outcome::Outcome;
use clap::Args;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::RwLock;
use std::thread;
use tmem_client::raw::{command, Batch, Create, Destroy, Operation, Page};
use tmem_client::{Handle, Kind, Tmem, PAGE};

#[derive(Args)]
pub struct Options {
    /// Calls in all
    #[arg(long, default_value_t = 100_000)]
    steps: u64,
    #[arg(long, default_value_t = 3)]
    threads: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What a call may fail with.
const ERRORS: [i32; 11] = [
    0,
    libc::E2BIG,
    libc::EBADF,
    libc::EDQUOT,
    libc::EFAULT,
    libc::EINVAL,
    libc::EMFILE,
    libc::ENOENT,
    libc::ENOMEM,
    libc::ENOTTY,
    libc::ENXIO,
];

/// Where the results of a thread's calls go: structures, a batch, pages, and a page that nobody may touch.
const OPERATIONS_AT: usize = PAGE;
const PAGES_AT: usize = 9 * PAGE;
const PAGES: usize = 4;
const GUARD_AT: usize = PAGES_AT + PAGES * PAGE;
const BYTES: usize = GUARD_AT + PAGE;
const GUARD: u8 = 0xc3;

pub fn run(options: &Options) -> Outcome {
    println!("seed={}", options.seed);
    let files: Vec<_> = (0..3)
        .map(|_| Ok(RwLock::new(Tmem::open()?)))
        .collect::<io::Result<_>>()?;
    let mut errors = BTreeMap::new();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads)
            .map(|user| {
                let files = &files;
                scope.spawn(move || {
                    let rng = Rng::new(options.seed * 1000 + user);
                    Fuzzer::new(files, rng)?.steps(options.steps / options.threads)
                })
            })
            .collect();
        for worker in workers {
            let seen = worker.join().unwrap_or(Err("a thread panicked".into()))?;
            seen.into_iter()
                .for_each(|(error, times)| *errors.entry(error).or_insert(0) += times);
        }
        Outcome::Ok(())
    })?;
    for (error, times) in &errors {
        println!("error_{error}={times}");
    }
    ensure!(errors.contains_key(&0), "no call succeeded");
    still_works()
}

/// After all that.
fn still_works() -> Outcome {
    let tmem = Tmem::open()?;
    let pool = tmem.create(Kind::Persistent)?;
    let handle = Handle {
        object: [1; 3],
        index: 1,
    };
    pool.put(handle, &[7; PAGE])?;
    let mut page = [0; PAGE];
    ensure!(
        pool.get(handle, &mut page)? && page == [7; PAGE],
        "a page does not come back any more"
    );
    Ok(())
}

struct Fuzzer<'a> {
    files: &'a [RwLock<Tmem>],
    rng: Rng,
    memory: Mapping,
    seen: BTreeMap<i32, u64>,
}

impl<'a> Fuzzer<'a> {
    fn new(files: &'a [RwLock<Tmem>], rng: Rng) -> Outcome<Self> {
        let mut memory = Mapping::new(BYTES, Memory::Private)?;
        memory.bytes_mut()[GUARD_AT..].fill(GUARD);
        Ok(Self {
            files,
            rng,
            memory,
            seen: BTreeMap::new(),
        })
    }

    fn steps(mut self, steps: u64) -> Outcome<BTreeMap<i32, u64>> {
        for step in 0..steps {
            let error = self.step()?;
            *self.seen.entry(error).or_insert(0) += 1;
            ensure!(
                ERRORS.contains(&error),
                "step {step}: {}",
                io::Error::from_raw_os_error(error)
            );
            let guard = &self.memory.bytes()[GUARD_AT..];
            ensure!(
                guard.iter().all(|byte| *byte == GUARD),
                "step {step}: memory that nobody named was written"
            );
        }
        Ok(self.seen)
    }

    fn step(&mut self) -> Outcome<i32> {
        if self.rng.below(3000) == 0 {
            self.reopen()?;
        }
        let (number, argument) = self.call();
        let number = self.spoil(number, 40);
        let argument = if self.rng.below(40) == 0 {
            self.address()
        } else {
            argument
        };
        let file = &self.files[self.rng.below(self.files.len() as u64) as usize];
        let file = file.read().map_err(|_| "a thread panicked")?;
        // SAFETY: what the kernel may write is this thread's memory, to which no reference is held, or none of ours at all.
        let returned = unsafe { libc::ioctl(file.as_raw_fd(), number, argument) };
        Ok(match returned {
            0 => 0,
            _ => io::Error::last_os_error().raw_os_error().unwrap_or(-1),
        })
    }

    /// One of the files is closed with all its pools, or gets another descriptor.
    fn reopen(&mut self) -> Outcome {
        let file = &self.files[self.rng.below(self.files.len() as u64) as usize];
        let mut file = file.write().map_err(|_| "a thread panicked")?;
        *file = if self.rng.below(2) == 0 {
            Tmem::open()?
        } else {
            file.duplicate()?
        };
        Ok(())
    }

    fn call(&mut self) -> (libc::Ioctl, u64) {
        match self.rng.below(32) {
            0 => (command::VERSION.number(), self.place(0, [0u8; 24])),
            1..4 => (command::CREATE.number(), self.create()),
            4 => {
                let destroy = Destroy {
                    pool: self.pool(),
                    reserved: self.reserved(),
                };
                (command::DESTROY.number(), self.place(0, destroy))
            }
            5..14 => (command::PUT.number(), self.single(true)),
            14..20 => (command::GET.number(), self.single(true)),
            20..22 => (command::FLUSH_PAGE.number(), self.single(false)),
            22 => (command::FLUSH_OBJECT.number(), self.single(false)),
            _ => (command::BATCH.number(), self.batch()),
        }
    }

    /// Writes a structure to this thread's memory; its address.
    fn place<T: Copy>(&mut self, at: usize, value: T) -> u64 {
        let target = self.memory.bytes_mut()[at..at + size_of::<T>()].as_mut_ptr();
        // SAFETY: so many bytes are there; a structure of integers may lie anywhere when it is written so.
        unsafe { target.cast::<T>().write_unaligned(value) };
        target as u64
    }

    fn create(&mut self) -> u64 {
        let mut create = Create::new(match self.rng.below(3) {
            0 => Kind::Ephemeral,
            1 => Kind::Persistent,
            _ => Kind::Shared([self.rng.below(3) as u8; 16]),
        });
        create.kind = self.spoil(create.kind.into(), 30) as u32;
        create.reserved = self.reserved();
        create.reserved2 = self.reserved();
        create.pool = self.reserved();
        self.place(0, create)
    }

    fn single(&mut self, copies: bool) -> u64 {
        let page = self.page(copies);
        self.place(0, page)
    }

    fn page(&mut self, copies: bool) -> Page {
        Page {
            pool: self.pool(),
            reserved: self.reserved(),
            object: [self.rng.below(3), 0, self.number()],
            index: if copies || self.rng.below(2) == 0 {
                self.number()
            } else {
                0
            },
            page: match (copies, self.rng.below(30)) {
                (_, 0) => self.address(),
                (true, _) => {
                    let at = PAGES_AT + self.rng.below(((PAGES - 1) * PAGE) as u64) as usize;
                    self.memory.bytes().as_ptr() as u64 + at as u64
                }
                (false, _) => 0,
            },
        }
    }

    fn batch(&mut self) -> u64 {
        let count = match self.rng.below(8) {
            0 => 512,
            1 => self.number(),
            _ => self.rng.below(20),
        };
        for index in 0..count.min(512) as usize {
            let operation = self.rng.below(4);
            let one = Operation {
                operation: self.spoil(operation, 400) as u32,
                status: self.rng.below(9) as i32,
                target: self.page(operation < 2),
            };
            self.place(OPERATIONS_AT + index * size_of::<Operation>(), one);
        }
        let own = self.memory.bytes().as_ptr() as u64 + OPERATIONS_AT as u64;
        let batch = Batch {
            count: count as u32,
            done: self.reserved(),
            operations: if self.rng.below(20) == 0 {
                self.address()
            } else {
                own
            },
            reserved: self.reserved().into(),
        };
        self.place(0, batch)
    }

    /// Most are of the first pools of a file.
    fn pool(&mut self) -> u32 {
        match self.rng.below(20) {
            0 => self.number() as u32,
            1 => (128 + self.rng.below(6)) as u32,
            _ => (64 + self.rng.below(4)) as u32,
        }
    }

    fn reserved(&mut self) -> u32 {
        match self.rng.below(400) {
            0 => self.number() as u32,
            _ => 0,
        }
    }

    fn number(&mut self) -> u64 {
        match self.rng.below(8) {
            0 => u64::MAX - self.rng.below(3),
            1 => 1 << self.rng.below(64),
            2 => self.rng.next(),
            _ => self.rng.below(6),
        }
    }

    /// Once in so many times with one bit changed.
    fn spoil(&mut self, value: u64, once_in: u64) -> u64 {
        match self.rng.below(once_in) {
            0 => value ^ (1 << self.rng.below(32)),
            _ => value,
        }
    }

    /// Of nothing, of what is not there, of the kernel's; none that is this program's.
    fn address(&mut self) -> u64 {
        match self.rng.below(5) {
            0 => self.rng.below(PAGE as u64),
            1 => 0x7fff_ffff_f000 + self.rng.below(PAGE as u64),
            2 => 0xffff_8880_0000_0000 + self.rng.below(1 << 30),
            3 => 0xffff_ffff_8000_0000 + self.rng.below(1 << 24),
            _ => u64::MAX - self.rng.below(PAGE as u64),
        }
    }
}
