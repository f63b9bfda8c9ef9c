// SPDX-License-Identifier: GPL-2.0
//! How a command ends.

/// Done, or what was not as it must be.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Ends the function with a message unless a condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+).into());
        }
    };
}

/// The name of an error number, for the few that matter here.
pub fn errno_name(error: &std::io::Error) -> String {
    let known = [
        (libc::EINVAL, "EINVAL"),
        (libc::ENOMEM, "ENOMEM"),
        (libc::EBUSY, "EBUSY"),
        (libc::EIO, "EIO"),
        (libc::ENOSPC, "ENOSPC"),
        (libc::ENODEV, "ENODEV"),
        (libc::ENOTBLK, "ENOTBLK"),
        (libc::EISDIR, "EISDIR"),
        (libc::ENOENT, "ENOENT"),
        (libc::ERANGE, "ERANGE"),
        (libc::EFBIG, "EFBIG"),
        (libc::EACCES, "EACCES"),
        (libc::EPERM, "EPERM"),
        (libc::EROFS, "EROFS"),
        (libc::ENAMETOOLONG, "ENAMETOOLONG"),
    ];
    let number = error.raw_os_error();
    known
        .iter()
        .find(|(code, _)| Some(*code) == number)
        .map_or_else(|| format!("{error}"), |(_, name)| (*name).into())
}
