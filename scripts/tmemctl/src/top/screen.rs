// SPDX-License-Identifier: GPL-2.0
//! A terminal's whole screen, for as long as this lives; then the terminal is what it was.

use rustix::event::{poll, PollFd, PollFlags};
use rustix::io::{read, Errno};
use rustix::termios::{tcgetattr, tcgetwinsize, tcsetattr, LocalModes, OptionalActions, Termios};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::io::{self, IsTerminal, Stdin, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub struct Screen {
    keys: Stdin,
    before: Termios,
    /// By a signal: the terminal comes first.
    told_to_end: Arc<AtomicBool>,
}

/// The other screen, no cursor; and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

impl Screen {
    /// [`None`] if the program does not talk to a terminal.
    pub fn open() -> io::Result<Option<Self>> {
        let keys = io::stdin();
        if !keys.is_terminal() || !io::stdout().is_terminal() {
            return Ok(None);
        }
        let told_to_end = Arc::default();
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            flag::register(signal, Arc::clone(&told_to_end))?;
        }
        let before = tcgetattr(&keys)?;
        let mut quiet = before.clone();
        // Keys come at once and unseen. Ctrl-C is one of them.
        let unwanted = LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        quiet.local_modes.remove(unwanted);
        tcsetattr(&keys, OptionalActions::Now, &quiet)?;
        let screen = Self {
            keys,
            before,
            told_to_end,
        };
        write(ENTER)?;
        Ok(Some(screen))
    }

    /// As much of the text as there is room for.
    pub fn show(&self, text: &str) -> io::Result<()> {
        const HOME: &str = "\x1b[H";
        // Before the line: after one that fills it, the last column would go.
        const CLEAR_LINE: &str = "\x1b[K";
        const CLEAR_BELOW: &str = "\r\n\x1b[J";
        let (columns, rows) = size();
        let cut = |line: &str| {
            CLEAR_LINE
                .chars()
                .chain(line.chars().take(columns))
                .collect()
        };
        let lines: Vec<String> = text.lines().take(rows).map(cut).collect();
        let below = if lines.len() < rows { CLEAR_BELOW } else { "" };
        write(&format!("{HOME}{}{below}", lines.join("\r\n")))
    }

    /// Until the time is over, or until a key or a signal says that it is enough: then it is false.
    pub fn wait(&self, time: Duration) -> io::Result<bool> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(true);
            }
            let ended_by_key = self.has_key(left)? && self.is_end()?;
            if ended_by_key || self.told_to_end.load(Ordering::Relaxed) {
                return Ok(false);
            }
        }
    }

    fn has_key(&self, time: Duration) -> io::Result<bool> {
        // Not 0 for a rest that is less than one.
        let milliseconds = time.as_millis() as i32 + 1;
        match poll(&mut [PollFd::new(&self.keys, PollFlags::IN)], milliseconds) {
            Ok(ready) => Ok(ready > 0),
            // A signal: stopped and continued, or told to end.
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn is_end(&self) -> io::Result<bool> {
        const CTRL_C: u8 = 3;
        let mut keys = [0; 64];
        let count = read(&self.keys, &mut keys)?;
        let mut pressed = keys[..count].iter();
        // No bytes: the terminal is gone.
        Ok(count == 0 || pressed.any(|key| matches!(*key, b'q' | b'Q' | CTRL_C)))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There is nobody left to tell when the terminal is gone.
        let _ = write(LEAVE);
        let _ = tcsetattr(&self.keys, OptionalActions::Flush, &self.before);
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Columns and rows; terminals that do not know are taken to be of the usual size.
fn size() -> (usize, usize) {
    match tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => (80, 24),
    }
}
