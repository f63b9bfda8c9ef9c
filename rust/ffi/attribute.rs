// SPDX-License-Identifier: GPL-2.0
//! sysfs attributes: one type each, which says its name, mode, and how it reads and is written.
//!
//! A table of them is a `static` made by [`attribute_groups!`]; the three kinds of host (disk,
//! kobject, class) differ only in how a callback finds the state it speaks about, which their
//! [`Host`] says.
//!
//! Context: callbacks run in process context without locks, and may sleep.

use super::bindings;
use core::{cell::UnsafeCell, fmt, ptr::null_mut, slice, str};
use kernel::{error::from_result, prelude::*};

/// An attribute of `S`. A byte value is plain decimal; text is at most a page.
pub trait Attribute<S: ?Sized>: 'static {
    /// The file's name.
    const NAME: &'static CStr;
    /// Its permissions, such as `0o644`.
    const MODE: u16;

    /// Writes the value, without a newline at its end, to `out`.
    fn show(_state: &S, _out: &mut Text<'_>) -> Result {
        Err(EIO)
    }

    /// Takes what was written, less one newline at its end. On an error nothing must have changed.
    fn store(_state: &S, _value: &str) -> Result {
        Err(EIO)
    }
}

/// The page that an attribute is read into.
pub struct Text<'a> {
    page: &'a mut [u8],
    used: usize,
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

impl Text<'_> {
    /// Appends a value. ENOSPC beyond a page.
    pub fn value(&mut self, value: impl fmt::Display) -> Result {
        fmt::write(self, format_args!("{value}")).map_err(|_| ENOSPC)
    }

    /// Appends bytes as they are. ENOSPC beyond a page.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result {
        let end = self.used.checked_add(bytes.len()).ok_or(ENOSPC)?;
        let room = self.page.get_mut(self.used..end).ok_or(ENOSPC)?;
        room.copy_from_slice(bytes);
        self.used = end;
        Ok(())
    }

    /// Appends a list of names, the chosen one in brackets: `[lz4] raw`.
    pub fn choice(&mut self, names: &[&str], chosen: &str) -> Result {
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                self.value(' ')?;
            }
            if *name == chosen {
                self.value(format_args!("[{name}]"))?;
            } else {
                self.value(name)?;
            }
        }
        Ok(())
    }
}

/// How the callbacks of one kind of host find their state.
///
/// # Safety
///
/// `state` must return a reference that stays valid until the callback returns.
pub(super) unsafe trait Host {
    /// What attributes of this host speak about.
    type State: ?Sized;
    /// The host's C structure.
    type Raw;

    /// # Safety
    ///
    /// `raw` must be the host that sysfs called back with.
    unsafe fn state<'a>(raw: *const Self::Raw) -> &'a Self::State;
}

/// The callback that reads attribute `A`.
///
/// # Safety
///
/// As sysfs calls it: `host` is the attribute's host, and `buffer` a page.
pub(super) unsafe fn show<H: Host, A: Attribute<H::State>>(
    host: *const H::Raw,
    buffer: *mut u8,
) -> isize {
    from_result(|| {
        // SAFETY: as the caller promises.
        let (state, page) = unsafe {
            (
                H::state(host),
                slice::from_raw_parts_mut(buffer, bindings::PAGE_SIZE),
            )
        };
        let mut text = Text { page, used: 0 };
        A::show(state, &mut text)?;
        text.value('\n')?;
        Ok(text.used as isize)
    })
}

/// The callback that writes attribute `A`.
///
/// # Safety
///
/// As sysfs calls it: `host` is the attribute's host, and `buffer` holds `count` bytes.
pub(super) unsafe fn store<H: Host, A: Attribute<H::State>>(
    host: *const H::Raw,
    buffer: *const u8,
    count: usize,
) -> isize {
    from_result(|| {
        // SAFETY: as the caller promises.
        let (state, bytes) = unsafe { (H::state(host), slice::from_raw_parts(buffer, count)) };
        let text = str::from_utf8(bytes).map_err(|_| EINVAL)?;
        A::store(state, text.strip_suffix('\n').unwrap_or(text))?;
        Ok(count as isize)
    })
}

/// A C attribute structure `T` in a `static`.
#[repr(transparent)]
pub struct Raw<T>(UnsafeCell<T>);

// SAFETY: made once, never written from Rust, and read by sysfs under its own rules.
unsafe impl<T> Sync for Raw<T> {}

impl<T> Raw<T> {
    pub(super) const fn new(raw: T) -> Self {
        Self(UnsafeCell::new(raw))
    }

    /// # Safety
    ///
    /// `T` must begin with its `struct attribute`.
    pub(super) const unsafe fn entry(&'static self) -> Entry {
        Entry(self.0.get().cast())
    }
}

/// Pointer to an attribute in a `static`, or the null that ends a list of them.
#[repr(transparent)]
pub struct Entry(*mut bindings::attribute);

// SAFETY: points to a `Raw`, which is Sync.
unsafe impl Sync for Entry {}

impl Entry {
    /// The end of a list.
    pub const END: Self = Self(null_mut());
}

/// `CStrExt::as_char_ptr`, which is not const.
const fn first_char(text: &'static CStr) -> *const u8 {
    text.to_bytes_with_nul().as_ptr()
}

/// The name and mode of `A`.
pub(super) const fn header<S: ?Sized, A: Attribute<S>>() -> bindings::attribute {
    let mut header: bindings::attribute = pin_init::zeroed();
    header.name = first_char(A::NAME);
    header.mode = A::MODE;
    header
}

/// A list of attributes in one directory of a host.
#[repr(transparent)]
pub struct Group(Raw<bindings::attribute_group>);

impl Group {
    /// A group in the host's own directory, or in the subdirectory `name`. The last of `entries`
    /// must be [`Entry::END`]: a list without it does not compile.
    pub const fn new<const N: usize>(
        name: Option<&'static CStr>,
        entries: &'static [Entry; N],
    ) -> Self {
        assert!(entries[N - 1].0.is_null());
        let mut group: bindings::attribute_group = pin_init::zeroed();
        if let Some(name) = name {
            group.name = first_char(name);
        }
        group.__bindgen_anon_2.attrs = entries.as_ptr().cast_mut().cast();
        Self(Raw::new(group))
    }
}

/// All groups of a host: what the kernel takes.
#[repr(transparent)]
pub struct Groups<const N: usize>([*const Group; N]);

// SAFETY: points to `Group`s in `static`s, which are Sync.
unsafe impl<const N: usize> Sync for Groups<N> {}

impl<const N: usize> Groups<N> {
    /// The last of `groups` must be [`None`]: a list without it does not compile.
    pub const fn new(groups: [Option<&'static Group>; N]) -> Self {
        assert!(groups[N - 1].is_none());
        let mut raw = [core::ptr::null(); N];
        let mut index = 0;
        while index < N {
            if let Some(group) = groups[index] {
                raw[index] = group;
            }
            index += 1;
        }
        Self(raw)
    }

    /// For registration.
    pub const fn list(&'static self) -> List {
        List(self.0.as_ptr().cast())
    }
}

/// Pointer to a null-terminated list of groups in a `static`.
#[derive(Clone, Copy)]
pub struct List(*const *const bindings::attribute_group);

// SAFETY: points to statics that are Sync.
unsafe impl Send for List {}
// SAFETY: as above.
unsafe impl Sync for List {}

impl List {
    pub(super) fn as_ptr(self) -> *mut *const bindings::attribute_group {
        self.0.cast_mut()
    }
}

/// Defines `static NAME: Group`, a list of attribute types: `attribute_group!(pub NAME,
/// Maker::<State>, "dir" => A, B)`, where the maker is the host's constant constructor of an
/// attribute.
#[macro_export]
macro_rules! attribute_group {
    ($vis:vis $name:ident, $maker:ident::<$state:ty>, $dir:expr => $($attribute:ty),* $(,)?) => {
        $vis static $name: $crate::ffi::attribute::Group = {
            const LENGTH: usize = [$(stringify!($attribute)),*].len() + 1;
            static ENTRIES: [$crate::ffi::attribute::Entry; LENGTH] = [
                $({
                    static RAW: $maker = $maker::new::<$state, $attribute>();
                    RAW.entry()
                },)*
                $crate::ffi::attribute::Entry::END,
            ];
            $crate::ffi::attribute::Group::new($dir, &ENTRIES)
        };
    };
}
