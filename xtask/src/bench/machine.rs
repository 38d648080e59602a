//! What figures depend on beside the code.

use serde::{Deserialize, Serialize};
use std::{env::consts, fs, process::Command, thread};

/// The machine and compiler that figures were made with. None of it names the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Machine {
    os: String,
    arch: String,
    cpu: String,
    cpus: usize,
    rustc: String,
}

impl Machine {
    pub(super) fn this() -> Self {
        Self {
            os: consts::OS.to_owned(),
            arch: consts::ARCH.to_owned(),
            cpu: cpu().unwrap_or_else(|| "unknown".to_owned()),
            cpus: thread::available_parallelism().map_or(1, usize::from),
            rustc: rustc().unwrap_or_else(|| "unknown".to_owned()),
        }
    }
}

fn cpu() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Returns the version line of the compiler.
pub(super) fn rustc() -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
