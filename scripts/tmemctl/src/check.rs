// SPDX-License-Identifier: GPL-2.0
//! `tmemctl check`: what stands in the way of tmem in this guest, in words, with remedies.

mod cgroups;
mod kernel;
mod place;
mod signing;

use crate::cli::CheckOptions;
use crate::error::Error;
use crate::host::Host;
use serde::Serialize;
use std::iter;
use std::process::ExitCode;

/// How much a finding matters; only `Blocks` makes the check fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Ok,
    /// Good to know; nothing needs to be done.
    Note,
    /// tmem works, but not for everything, or worse than it could.
    Warning,
    /// tmem cannot work.
    Blocks,
}

#[derive(Debug, Serialize)]
pub struct Finding {
    pub subject: &'static str,
    pub severity: Severity,
    pub what: String,
    pub remedy: Option<String>,
}

impl Finding {
    fn new(subject: &'static str, severity: Severity, what: impl Into<String>) -> Self {
        Self {
            subject,
            severity,
            what: what.into(),
            remedy: None,
        }
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    findings: Vec<Finding>,
}

pub fn run(host: &Host, options: &CheckOptions) -> Result<ExitCode, Error> {
    let findings = examine(host, options);
    let ok = findings
        .iter()
        .all(|finding| finding.severity != Severity::Blocks);
    let text = match options.json {
        true => to_json(&Report { ok, findings })?,
        false => text(&findings, ok),
    };
    crate::print(text.as_bytes())?;
    Ok(if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

pub fn examine(host: &Host, options: &CheckOptions) -> Vec<Finding> {
    let module = kernel::ModuleFile::find(host, options.module.as_deref());
    let mut findings = vec![
        kernel::architecture(host),
        kernel::config(host),
        kernel::module(host, &module),
        signing::secure_boot(host, &module),
        place::root(host),
        place::in_use(host),
        place::zswap(host),
        place::priority(host),
    ];
    findings.extend(place::resume_device(host));
    findings.push(cgroups::swap_max(host));
    findings
}

fn to_json(report: &Report) -> Result<String, Error> {
    let json = serde_json::to_string_pretty(report);
    json.map(|text| text + "\n")
        .map_err(|error| Error::output(error.into()))
}

fn text(findings: &[Finding], ok: bool) -> String {
    let lines: String = findings.iter().map(finding_text).collect();
    let warns = findings
        .iter()
        .any(|finding| finding.severity == Severity::Warning);
    let verdict = match (ok, warns) {
        (true, false) => "Nothing stands in the way of tmem here.",
        (true, true) => "tmem works here; what is marked WARNING keeps it from some of its work.",
        (false, _) => "tmem cannot work here until what is marked BLOCKS is remedied.",
    };
    format!("{lines}\n{verdict}\n")
}

fn finding_text(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Ok => "ok",
        Severity::Note => "note",
        Severity::Warning => "WARNING",
        Severity::Blocks => "BLOCKS",
    };
    const INDENT: &str = "\n                      ";
    let head = format!("{severity:<8}{:<14}{}", finding.subject, finding.what);
    let remedy = finding.remedy.iter().flat_map(|remedy| remedy.lines());
    let lines: Vec<_> = iter::once(head.as_str()).chain(remedy).collect();
    lines.join(INDENT) + "\n"
}
