// SPDX-License-Identifier: GPL-2.0
//! The manual page: one for all subcommands, from what the command line declares.

use crate::cli::{Cli, EXIT_CODES};
use crate::error::Error;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::io;

const FILES: &str = r#".SH FILES
.TP
/run/tmem/state
What \fBtmemctl on\fR changed, for \fBtmemctl off\fR.
.TP
/etc/default/tmem
Options for \fBtmemctl on\fR at boot (tmem.service).
.TP
/sys/block/tmem0, /sys/kernel/tmem
The control files of the disk and of the store.
.SH EXAMPLES
.TP
tmemctl check && tmemctl on \-\-size 50%
Look first, then swap to a compressed disk of half of the RAM.
.TP
tmemctl status \-\-watch 2
See it at work.
.TP
tmemctl top \-\-sort saved
See which containers it works for.
.SH SEE ALSO
\fBswapon\fR(8), \fBmkswap\fR(8), \fBmodprobe\fR(8), \fBmokutil\fR(1)
"#;

pub fn page() -> Result<Vec<u8>, Error> {
    let mut page = Vec::new();
    write(&mut page).map_err(Error::output)?;
    Ok(page)
}

fn write(page: &mut Vec<u8>) -> io::Result<()> {
    let mut command = Cli::command().disable_help_subcommand(true);
    // That each subcommand has --help needs no saying.
    for subcommand in command.get_subcommands_mut() {
        *subcommand = subcommand.clone().disable_help_flag(true);
    }
    command.build();
    let man = Man::new(command.clone())
        .section("8")
        .manual("System administration");
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    page.extend(b".SH COMMANDS\n");
    for subcommand in command.get_subcommands() {
        write_subcommand(page, subcommand)?;
    }
    page.extend(format!(".SH EXIT STATUS\n{EXIT_CODES}\n").bytes());
    page.extend(FILES.as_bytes());
    Ok(())
}

/// A subcommand's sections, one level down: without headings, in paragraphs.
fn write_subcommand(page: &mut Vec<u8>, subcommand: &Command) -> io::Result<()> {
    let man = Man::new(subcommand.clone());
    let mut sections = Vec::new();
    man.render_synopsis_section(&mut sections)?;
    man.render_description_section(&mut sections)?;
    man.render_options_section(&mut sections)?;
    let text = String::from_utf8_lossy(&sections);
    page.extend(format!(".SS {}\n", subcommand.get_name()).bytes());
    for line in text.lines() {
        match line {
            ".SH DESCRIPTION" => page.extend(b".PP\n"),
            ".SH SYNOPSIS" | ".SH OPTIONS" => {}
            _ => page.extend(line.bytes().chain([b'\n'])),
        }
    }
    Ok(())
}
