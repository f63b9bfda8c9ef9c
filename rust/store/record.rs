// SPDX-License-Identifier: GPL-2.0
//! A content: what is kept of one page, or of several equal ones.
#![forbid(unsafe_code)]

use super::{rework::Encoded, Algorithm, Class, Shape, Tier};
use crate::{
    account::Owner,
    core::policy::{lifetimes::STAMP_BITS, MOST_AGE},
};
use core::mem::replace;

/// More references than this one content does not take: the next equal page is kept once more.
const MOST_REFERENCES: u16 = 15_000;

/// Beside the references: the record stays when the last of them goes.
const PINNED: u16 = 1 << 15;

/// It was encoded with its payer's dictionary.
const LEARNT: u16 = 1 << 14;

/// Which other pages a content may stand for. Fixed when it is first kept.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Sharing {
    /// None.
    Alone = 0,
    /// Equal pages of one cgroup.
    Cgroup = 1,
    /// Any equal page.
    Global = 2,
}

impl Sharing {
    /// As users write it, the default first.
    pub const NAMES: [&'static str; 3] = ["cgroup", "global", "off"];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cgroup => "cgroup",
            Self::Global => "global",
            Self::Alone => "off",
        }
    }

    /// By name; [`None`] for an unknown one.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Cgroup, Self::Global, Self::Alone]
            .into_iter()
            .find(|sharing| sharing.name() == name)
    }

    /// By number, as `as u32` gives it; alone for an unknown one.
    pub(super) fn numbered(number: u32) -> Self {
        match number {
            1 => Self::Cgroup,
            2 => Self::Global,
            _ => Self::Alone,
        }
    }
}

/// What finds an equal content.
#[derive(Clone, Copy)]
pub(super) struct Tag {
    pub(super) hash: u32,
    pub(super) sharing: Sharing,
    pub(super) class: Class,
}

/// What a content consists of.
pub(super) enum Body<O> {
    /// A word, 512 times; in quarters, to be aligned to two bytes.
    Same([u16; 4]),
    /// Bytes in the tier.
    Kept(O),
}

/// A content, and its place in the table.
///
/// 28 bytes, aligned to four: there is one for each page that is not like another.
pub(super) struct Record<T: Tier> {
    body: Body<T::Object>,
    /// With [`PINNED`] and [`LEARNT`].
    references: u16,
    pub(super) hash: u32,
    payer: u32,
    link: u32,
}

const _: () = assert!(size_of::<Record<crate::ffi::zsmalloc::Pool>>() == 28);

/// The parts of `payer`: the first one's number, whether there were others, whether the dense
/// codec was tried, and when it came.
const SEVERAL: u32 = 1 << u16::BITS;
const TRIED: u32 = 1 << (u16::BITS + 1);
const CAME_SHIFT: u32 = u16::BITS + 2;
const _: () = assert!(STAMP_BITS == u32::BITS - CAME_SHIFT);

/// What comes next in a chain: a record's number plus one, or 0 for nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(pub(super) u32);

impl Link {
    /// Nothing.
    pub(super) const NONE: Self = Self(0);

    /// To record `number`.
    #[inline]
    pub(super) fn to(number: u32) -> Self {
        Self(number.wrapping_add(1))
    }

    /// The record's number.
    #[inline]
    pub(super) fn number(self) -> Option<u32> {
        self.0.checked_sub(1)
    }
}

/// The parts of `link`.
const NEXT_BITS: u32 = 23;
const NEXT: u32 = (1 << NEXT_BITS) - 1;
const ALGORITHM: Field = Field::new(NEXT_BITS, 3);
const SHARING: Field = Field::new(26, 2);
const EPHEMERAL: Field = Field::new(28, 1);
const AGE: Field = Field::new(29, 3);

/// Some bits of a word.
struct Field {
    shift: u32,
    mask: u32,
}

impl Field {
    const fn new(shift: u32, bits: u32) -> Self {
        Self {
            shift,
            mask: (1 << bits) - 1,
        }
    }

    fn get(&self, word: u32) -> u8 {
        (word >> self.shift & self.mask) as u8
    }

    fn set(&self, word: &mut u32, value: u8) {
        *word = *word & !(self.mask << self.shift) | (u32::from(value) & self.mask) << self.shift;
    }
}

impl<T: Tier> Record<T> {
    /// No record has a larger number.
    pub(super) const MOST: u32 = NEXT - 1;

    /// None.
    pub(super) const FREE: Self = Self {
        body: Body::Same([0; 4]),
        references: 0,
        hash: 0,
        payer: 0,
        link: 0,
    };

    /// A page of `word`, with one reference.
    pub(super) fn same(word: u64) -> Self {
        Self {
            body: Body::Same([0, 16, 32, 48].map(|shift| (word >> shift) as u16)),
            references: 1,
            ..Self::FREE
        }
    }

    /// An object, with one reference. Shared as `tag` says, if it has one.
    pub(super) fn kept(
        object: T::Object,
        algorithm: Algorithm,
        tag: Option<&Tag>,
        class: Class,
    ) -> Self {
        let mut record = Self {
            body: Body::Kept(object),
            references: 1,
            ..Self::FREE
        };
        ALGORITHM.set(&mut record.link, algorithm as u8);
        EPHEMERAL.set(&mut record.link, u8::from(class.ephemeral));
        record.payer = class.owner.0.into();
        record.set_came(class.came);
        if let Some(tag) = tag {
            record.hash = tag.hash;
            SHARING.set(&mut record.link, tag.sharing as u8);
        }
        record
    }

    /// Whether it may be an equal content of the same domain, that takes one more reference.
    pub(super) fn may_be(&self, tag: &Tag) -> bool {
        self.hash == tag.hash
            && (self.payer() == Some(tag.class.owner)
                || tag.sharing == Sharing::Global && !self.is_learnt())
            && self.sharing() == tag.sharing
            && self.is_ephemeral() == tag.class.ephemeral
            && self.references() < MOST_REFERENCES
    }

    /// What it consists of.
    pub(super) fn body(&self) -> &Body<T::Object> {
        &self.body
    }

    /// Makes it free, and says what it consisted of.
    pub(super) fn free(&mut self) -> Body<T::Object> {
        self.references = 0;
        replace(&mut self.body, Body::Same([0; 4]))
    }

    /// Its object, if it is one.
    pub(super) fn object_mut(&mut self) -> Option<&mut T::Object> {
        match &mut self.body {
            Body::Kept(object) => Some(object),
            Body::Same(_) => None,
        }
    }

    /// Replaces its object by one of the same page, and returns the old one.
    pub(super) fn replace(&mut self, encoded: Encoded<T::Object>) -> Body<T::Object> {
        ALGORITHM.set(&mut self.link, encoded.algorithm as u8);
        self.set_flag(LEARNT, encoded.is_learnt);
        replace(&mut self.body, Body::Kept(encoded.object))
    }

    /// How many slots it is in.
    pub(super) fn references(&self) -> u16 {
        self.references & !(PINNED | LEARNT)
    }

    /// Sets it.
    pub(super) fn set_references(&mut self, number: u16) {
        let number = number & !(PINNED | LEARNT);
        self.references = self.references & (PINNED | LEARNT) | number;
    }

    /// Whether it goes with a reference, and nobody has to be told.
    pub(super) fn is_sole(&self) -> bool {
        self.references == 1
    }

    /// Whether nothing holds it.
    pub(super) fn is_unused(&self) -> bool {
        self.references & !LEARNT == 0
    }

    /// Whether it stays when the last reference goes.
    pub(super) fn is_pinned(&self) -> bool {
        self.references & PINNED != 0
    }

    /// Sets it.
    pub(super) fn set_pinned(&mut self, pinned: bool) {
        self.set_flag(PINNED, pinned);
    }

    fn set_flag(&mut self, flag: u16, value: bool) {
        self.references = self.references & !flag | if value { flag } else { 0 };
    }

    /// Bytes of its object.
    pub(super) fn length(&self) -> usize {
        match &self.body {
            Body::Same(_) => 0,
            Body::Kept(object) => T::length(object),
        }
    }

    /// What a page of it takes.
    pub(super) fn shape(&self) -> Shape {
        Shape::of(self.length())
    }

    /// The codec of its object; [`None`] for a word.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::numbered(ALGORITHM.get(self.link))
    }

    /// Whether it was encoded with its payer's dictionary: then it stands for no other account's pages.
    #[inline]
    pub(super) fn is_learnt(&self) -> bool {
        self.references & LEARNT != 0
    }

    /// Whose dictionary it was encoded with.
    pub(super) fn learner(&self) -> Option<Owner> {
        self.payer().filter(|_| self.is_learnt())
    }

    /// Which other pages it may stand for.
    pub(super) fn sharing(&self) -> Sharing {
        Sharing::numbered(SHARING.get(self.link).into())
    }

    /// Whether it stands for no other page.
    pub(super) fn is_alone(&self) -> bool {
        SHARING.get(self.link) == Sharing::Alone as u8
    }

    /// That nothing finds it any more.
    pub(super) fn set_alone(&mut self) {
        SHARING.set(&mut self.link, Sharing::Alone as u8);
    }

    /// Whether it may be dropped at any time.
    pub(super) fn is_ephemeral(&self) -> bool {
        EPHEMERAL.get(self.link) != 0
    }

    /// Who pays for it; [`None`] when several did.
    #[inline]
    pub(super) fn payer(&self) -> Option<Owner> {
        (self.payer & SEVERAL == 0).then_some(Owner(self.payer as u16))
    }

    /// Whether the dense codec was tried, since it was last encoded by another.
    pub(super) fn was_tried(&self) -> bool {
        self.payer & TRIED != 0
    }

    /// Sets it.
    pub(super) fn set_tried(&mut self, tried: bool) {
        self.payer = self.payer & !TRIED | if tried { TRIED } else { 0 };
    }

    /// That several pay for it.
    pub(super) fn set_several(&mut self) {
        self.payer |= SEVERAL;
    }

    /// When it came, or was last asked for.
    pub(super) fn came(&self) -> u16 {
        (self.payer >> CAME_SHIFT) as u16
    }

    /// Sets it.
    #[inline]
    pub(super) fn set_came(&mut self, came: u16) {
        self.payer = self.payer & ((1 << CAME_SHIFT) - 1) | u32::from(came) << CAME_SHIFT;
    }

    /// For how many rounds nobody asked for it.
    pub(super) fn age(&self) -> u8 {
        AGE.get(self.link)
    }

    /// Sets it.
    pub(super) fn set_age(&mut self, age: u8) {
        AGE.set(&mut self.link, age.min(MOST_AGE));
    }

    /// The next one of its chain.
    pub(super) fn next(&self) -> Link {
        Link(self.link & NEXT)
    }

    /// Sets it.
    pub(super) fn set_next(&mut self, next: Link) {
        self.link = self.link & !NEXT | next.0 & NEXT;
    }
}
