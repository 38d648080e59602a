//! Programs beyond cargo that some tasks use, and how they come to be installed.

use crate::process;
use std::{
    env,
    process::{Command, ExitCode, Stdio},
};

/// A program that is not part of a Rust toolchain.
#[derive(Debug)]
pub(crate) struct Tool {
    /// What people call it.
    pub(crate) name: &'static str,
    /// The command line that succeeds when it is there.
    probe: &'static [&'static str],
    /// The command line that installs it.
    install: &'static [&'static str],
    /// What is skipped without it.
    without: &'static str,
}

/// Checks licences, bans, sources and advisories. The version is the one `deny.toml` is written for.
pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    probe: &["cargo", "deny", "--version"],
    install: &["cargo", "install", "cargo-deny", "--locked", "--version", "0.20.2"],
    without: "licences, bans, sources and advisories are not checked",
};

/// Compares public interfaces with those of an earlier release.
pub(crate) const CARGO_SEMVER_CHECKS: Tool = Tool {
    name: "cargo-semver-checks",
    probe: &["cargo", "semver-checks", "--version"],
    install: &["cargo", "install", "cargo-semver-checks", "--locked"],
    without: "public interfaces are not held against the last release",
};

/// Checks every access to memory, and counts instructions where a clock is too noisy.
pub(crate) const VALGRIND: Tool = Tool {
    name: "valgrind",
    probe: &["valgrind", "--version"],
    install: &["apt-get", "install", "--yes", "valgrind"],
    without: "the allocator's tests do not run under memcheck",
};

/// Keeps what several processes share, in the tests of shared rate limits.
pub(crate) const REDIS: Tool = Tool {
    name: "redis-server",
    probe: &["redis-server", "--version"],
    install: &["apt-get", "install", "--yes", "redis-server"],
    without: "the tests of shared rate limits end at once",
};

/// Opens the page of a run as a person would.
pub(crate) const CHROMIUM: Tool = Tool {
    name: "chromium",
    probe: &["chromium", "--version"],
    install: &["apt-get", "install", "--yes", "chromium"],
    without: "the tests of the page of a run in a browser end at once",
};

/// Keeps the repository that a release or a comparison starts from.
pub(crate) const GIT: Tool = Tool {
    name: "git",
    probe: &["git", "--version"],
    install: &["apt-get", "install", "--yes", "git"],
    without: "the tests of releases and of revisions end at once, and interfaces are not compared",
};

impl Tool {
    /// Tells whether the tool can be run.
    pub(crate) fn is_installed(&self) -> bool {
        let mut probe = Command::new(self.probe[0]);
        probe.args(&self.probe[1..]).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }

    /// Tells whether the tool can be run, and says how to get it and what is skipped if not.
    pub(crate) fn is_installed_or_say(&self) -> bool {
        let there = self.is_installed();
        if !there {
            self.say_skipped();
        }
        there
    }

    /// Says what is skipped without the tool and how to get it.
    pub(crate) fn say_skipped(&self) {
        eprintln!("skipped: {} is not installed, so {}", self.name, self.without);
        eprintln!("         to get it: {}", self.install.join(" "));
    }

    /// Installs the tool where it is missing.
    pub(crate) fn ensure(&self) -> Result<(), Box<dyn std::error::Error>> {
        if self.is_installed() {
            return Ok(());
        }
        let mut install = process::command(self.install[0], &self.install[1..]);
        // A tool is built for itself: the settings of this workspace's build are not its own.
        for name in ["RUSTFLAGS", "CARGO_TARGET_DIR"] {
            if env::var_os(name).is_some() {
                install.env_remove(name);
            }
        }
        match process::run(&mut install)? {
            ExitCode::SUCCESS => Ok(()),
            _ => Err(format!("{} could not be installed", self.name).into()),
        }
    }
}
