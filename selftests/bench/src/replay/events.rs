// SPDX-License-Identifier: GPL-2.0
//! A trace as a policy sees it: pages by key, each event with the time of the page's next get.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use tmem_core::policy::cache::{Key, NEVER};
use tmem_core::trace::{self, Record, BYTES};

/// What happens to a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    Put,
    Get,
    Flush,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    pub what: What,
    pub key: Key,
    pub slot: u64,
    /// The number of the page's next get; [`NEVER`] if it is put or flushed before.
    pub next: u64,
}

pub struct Trace {
    pub name: String,
    pub events: Vec<Event>,
    /// The most pages that were there at once: what a pool needs that has them all.
    pub footprint: usize,
    pub puts: usize,
    pub gets: usize,
    pub by_content: usize,
    pub lost: u64,
}

impl Trace {
    pub fn read(path: &Path) -> Result<Self, String> {
        let said = |error| format!("cannot read {}: {error}", path.display());
        let bytes = fs::read(path).map_err(|error| said(error.to_string()))?;
        let records = parse(&bytes).ok_or_else(|| said("it is no trace".into()))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Self::of(&name, records))
    }

    /// CPUs' records come one after the other.
    pub fn of(name: &str, mut records: Vec<Record>) -> Self {
        records.sort_by_key(|record| record.time);
        let mut pages = Pages::default();
        let mut trace = Self {
            name: name.into(),
            events: Vec::new(),
            footprint: 0,
            puts: 0,
            gets: 0,
            by_content: 0,
            lost: 0,
        };
        for record in &records {
            trace.count(record);
            pages.follow(record, &mut trace.events);
            trace.footprint = trace.footprint.max(pages.slots_of.len());
        }
        look_ahead(&mut trace.events);
        trace
    }

    fn count(&mut self, record: &Record) {
        match record.event {
            trace::Event::Put | trace::Event::Refused => {
                self.puts += 1;
                self.by_content += usize::from(record.by_content);
            }
            trace::Event::Get => self.gets += 1,
            trace::Event::Lost => self.lost += record.key,
            trace::Event::Flush => {}
        }
    }

    pub fn summary(&self) -> String {
        let (puts, gets) = (self.puts, self.gets);
        let (by_content, footprint) = (self.by_content, self.footprint);
        let lost = match self.lost {
            0 => String::new(),
            lost => format!("; {lost} RECORDS LOST"),
        };
        format!("{puts} puts ({by_content} named by content), {gets} gets, at most {footprint} pages at once{lost}")
    }
}

fn parse(bytes: &[u8]) -> Option<Vec<Record>> {
    if bytes.is_empty() || bytes.len() % BYTES != 0 {
        return None;
    }
    let records = bytes.chunks_exact(BYTES);
    records
        .map(|bytes| Record::from_bytes(bytes.try_into().ok()?))
        .collect()
}

/// Which page is in which slot. A page may be in several: of equal content, or shared since a fork.
#[derive(Default)]
struct Pages {
    in_slot: HashMap<(u32, u64), Key>,
    slots_of: HashMap<Key, usize>,
}

impl Pages {
    fn follow(&mut self, record: &Record, events: &mut Vec<Event>) {
        let slot = (record.disk, record.slot);
        let mut add = |what, key| {
            events.push(Event {
                what,
                key,
                slot: record.slot,
                next: NEVER,
            })
        };
        match record.event {
            trace::Event::Put | trace::Event::Refused => {
                if let Some(gone) = self.empty(slot).filter(|gone| *gone != record.key) {
                    add(What::Flush, gone);
                }
                self.in_slot.insert(slot, record.key);
                *self.slots_of.entry(record.key).or_default() += 1;
                add(What::Put, record.key);
            }
            // What was put before the trace began is nobody's.
            trace::Event::Get => {
                if let Some(key) = self.in_slot.get(&slot) {
                    add(What::Get, *key);
                }
            }
            trace::Event::Flush => {
                if let Some(gone) = self.empty(slot) {
                    add(What::Flush, gone);
                }
            }
            trace::Event::Lost => {}
        }
    }

    /// The page that was in it, if it is in no other.
    fn empty(&mut self, slot: (u32, u64)) -> Option<Key> {
        let key = self.in_slot.remove(&slot)?;
        let slots = self.slots_of.get_mut(&key)?;
        *slots -= 1;
        if *slots > 0 {
            return None;
        }
        self.slots_of.remove(&key);
        Some(key)
    }
}

fn look_ahead(events: &mut [Event]) {
    let mut next_get: HashMap<Key, u64> = HashMap::new();
    for (at, event) in events.iter_mut().enumerate().rev() {
        event.next = match event.what {
            What::Get => next_get.insert(event.key, at as u64).unwrap_or(NEVER),
            What::Put => next_get.remove(&event.key).unwrap_or(NEVER),
            What::Flush => {
                next_get.remove(&event.key);
                NEVER
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::Event::{Flush, Get, Put};

    fn traced(steps: &[(trace::Event, u64, Key)]) -> Trace {
        let record = |(time, step): (u64, &(trace::Event, u64, Key))| Record {
            key: step.2,
            ..Record::new(step.0, time, 0, step.1)
        };
        Trace::of("made", (0..).zip(steps).map(record).collect())
    }

    fn events(trace: &Trace) -> Vec<(What, Key, u64)> {
        let event = |event: &Event| (event.what, event.key, event.next);
        trace.events.iter().map(event).collect()
    }

    #[test]
    fn pages_are_followed_through_slots() {
        let trace = traced(&[
            (Get, 9, 0),
            (Put, 1, 7),
            (Get, 1, 0),
            (Flush, 1, 0),
            (Put, 1, 8),
            (Put, 2, 7),
            (Get, 2, 0),
            (Get, 2, 0),
            (Put, 1, 9),
        ]);
        let wanted = [
            (What::Put, 7, 1),
            (What::Get, 7, NEVER),
            (What::Flush, 7, NEVER),
            (What::Put, 8, NEVER),
            (What::Put, 7, 5),
            (What::Get, 7, 6),
            (What::Get, 7, NEVER),
            (What::Flush, 8, NEVER),
            (What::Put, 9, NEVER),
        ];
        assert_eq!(events(&trace), wanted);
        assert_eq!((trace.footprint, trace.puts, trace.gets), (2, 4, 4));
    }

    #[test]
    fn a_page_in_two_slots_goes_with_the_last() {
        let trace = traced(&[
            (Put, 1, 7),
            (Put, 2, 7),
            (Flush, 1, 0),
            (Get, 2, 0),
            (Flush, 2, 0),
        ]);
        let whats: Vec<_> = trace.events.iter().map(|event| event.what).collect();
        assert_eq!(whats, [What::Put, What::Put, What::Get, What::Flush]);
        assert_eq!(trace.footprint, 1);
    }

    #[test]
    fn what_is_no_trace_is_refused() {
        let bytes = Record::new(Put, 1, 0, 1).to_bytes();
        assert_eq!(parse(&bytes).map(|records| records.len()), Some(1));
        assert!(
            parse(&bytes[1..]).is_none() && parse(&[]).is_none() && parse(&[7; BYTES]).is_none()
        );
    }
}
