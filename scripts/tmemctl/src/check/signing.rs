// SPDX-License-Identifier: GPL-2.0
//! Secure Boot: does the kernel want a signature, and how to give it one.

use super::kernel::ModuleFile;
use super::Finding;
use super::Severity::{Blocks, Note, Ok, Warning};
use crate::disk::chosen;
use crate::host::Host;
use crate::module;

const SECURE_BOOT: &str =
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
const LOCKDOWN: &str = "/sys/kernel/security/lockdown";
const SIG_ENFORCE: &str = "/sys/module/module/parameters/sig_enforce";

pub fn secure_boot(host: &Host, file: &ModuleFile) -> Finding {
    let finding = |severity, what: String| Finding::new("secure-boot", severity, what);
    let Some(reason) = wants_signature(host) else {
        return match firmware_says_on(host) {
            true => finding(
                Note,
                "on, but this kernel loads unsigned modules all the same".into(),
            ),
            false => finding(Ok, "the kernel asks for no signature".into()),
        };
    };
    if module::is_loaded(host) {
        return finding(Ok, format!("{reason}; tmem is loaded"));
    }
    match signer(host, file) {
        Some(signer) => finding(
            Warning,
            format!(
                "{reason}; tmem.ko is signed by \"{signer}\" and loads if that key is enrolled"
            ),
        )
        .remedy(format!(
            "see whether it is: mokutil --list-enrolled | grep '{signer}'"
        )),
        None => finding(Blocks, format!("{reason}, and tmem.ko is not signed"))
            .remedy(how_to_sign(host, file)),
    }
}

/// Why the kernel refuses unsigned modules; nothing if it takes them.
fn wants_signature(host: &Host) -> Option<String> {
    let lockdown = host.text(LOCKDOWN).unwrap_or_default();
    let boot = match firmware_says_on(host) {
        true => "Secure Boot is on: ",
        false => "",
    };
    match chosen(&lockdown) {
        "" | "none" => {}
        level => {
            return Some(format!(
                "{boot}the kernel is locked down ({level}) and refuses unsigned modules"
            ))
        }
    }
    (host.text(SIG_ENFORCE).as_deref() == Some("Y"))
        .then(|| format!("{boot}the kernel refuses unsigned modules (module.sig_enforce)"))
}

/// The variable is four bytes of attributes and one of value.
fn firmware_says_on(host: &Host) -> bool {
    match host.head(SECURE_BOOT, 5) {
        Result::Ok(bytes) => bytes.get(4) == Some(&1),
        Err(_) => {
            let said = host.run(&["mokutil", "--sb-state"]).unwrap_or_default();
            said.contains("SecureBoot enabled")
        }
    }
}

fn signer(host: &Host, file: &ModuleFile) -> Option<String> {
    let signer = module::info(host, "signer", file.name.as_deref()?).ok()?;
    (!signer.is_empty()).then_some(signer)
}

fn how_to_sign(host: &Host, file: &ModuleFile) -> String {
    let release = host.release();
    let name = file.name.as_deref().unwrap_or("tmem");
    let path = module::info(host, "filename", name).unwrap_or_default();
    let (unpack, plain) = unpacking(&path);
    format!(
        "sign it with a machine owner key (as root; once for the key, then what follows the reboot for each build):
  apt install mokutil openssl kmod linux-headers-{release}
  install -d -m 700 /var/lib/tmem-mok && cd /var/lib/tmem-mok
  openssl req -new -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=tmem module signing' \\
    -addext extendedKeyUsage=codeSigning -keyout mok.key -outform DER -out mok.der
  mokutil --import mok.der     # asks for a password of your choice
  reboot                       # at the console: Enroll MOK, Continue, Yes, that password
  cd /var/lib/tmem-mok
{unpack}  /lib/modules/{release}/build/scripts/sign-file sha256 mok.key mok.der {plain}
  depmod
or switch Secure Boot off in the guest's firmware or the hypervisor's settings"
    )
}

/// The signature goes on the bytes that the kernel sees: how to unpack a compressed module
/// first, and what it is called then.
fn unpacking(path: &str) -> (String, &str) {
    let tools = [
        (".xz", "xz -d"),
        (".zst", "zstd -d --rm"),
        (".gz", "gzip -d"),
    ];
    let unpacked = tools.into_iter().find_map(|(end, tool)| {
        let plain = path.strip_suffix(end)?;
        Some((format!("  {tool} {path}\n"), plain))
    });
    unpacked.unwrap_or((String::new(), path))
}
