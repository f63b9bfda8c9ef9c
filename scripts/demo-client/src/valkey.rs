// SPDX-License-Identifier: GPL-2.0
//! The two commands of valkey's protocol (RESP) that are needed: SET, many at once, and GET.

use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

pub struct Valkey {
    replies: BufReader<UnixStream>,
    line: String,
    request: Vec<u8>,
}

impl Valkey {
    pub fn connect(socket: &Path) -> io::Result<Self> {
        Ok(Self {
            replies: BufReader::with_capacity(64 << 10, UnixStream::connect(socket)?),
            line: String::new(),
            request: Vec::new(),
        })
    }

    /// Adds a SET to what the next `flush` sends.
    pub fn queue_set(&mut self, key: &[u8], value: &[u8]) {
        self.queue(&[b"SET", key, value]);
    }

    /// Sends what is queued and waits for `replies` times "OK". What is queued must be small enough for valkey to take it
    /// without our reading its answers.
    pub fn flush(&mut self, replies: usize) -> io::Result<()> {
        self.send()?;
        for _ in 0..replies {
            if self.reply_line()? != "+OK" {
                return Err(self.unexpected());
            }
        }
        Ok(())
    }

    /// Reads the value of a key into `value`: empty if there is no such key.
    pub fn get(&mut self, key: &[u8], value: &mut Vec<u8>) -> io::Result<()> {
        self.queue(&[b"GET", key]);
        self.send()?;
        let length = self.reply_line()?.strip_prefix('$').map(str::parse::<i64>);
        let Some(Ok(length)) = length else {
            return Err(self.unexpected());
        };
        value.clear();
        if let Ok(length) = usize::try_from(length) {
            value.resize(length + 2, 0);
            self.replies.read_exact(value)?;
            value.truncate(length);
        }
        Ok(())
    }

    fn queue(&mut self, words: &[&[u8]]) {
        // Writing to a Vec does not fail.
        let _ = write!(self.request, "*{}\r\n", words.len());
        for word in words {
            let _ = write!(self.request, "${}\r\n", word.len());
            self.request.extend_from_slice(word);
            self.request.extend_from_slice(b"\r\n");
        }
    }

    fn send(&mut self) -> io::Result<()> {
        self.replies.get_mut().write_all(&self.request)?;
        self.request.clear();
        Ok(())
    }

    fn reply_line(&mut self) -> io::Result<&str> {
        self.line.clear();
        if self.replies.read_line(&mut self.line)? == 0 {
            return Err(Error::new(
                ErrorKind::UnexpectedEof,
                "valkey closed the connection",
            ));
        }
        Ok(self.line.trim_end())
    }

    fn unexpected(&self) -> Error {
        Error::other(format!("valkey answered {:?}", self.line.trim_end()))
    }
}
