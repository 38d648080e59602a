//! What cargo says about a registry, and what it brings there.

use super::{Failure, clock::Clock, retry_after, shell::Shell};
use semver::Version;
use std::{collections::BTreeSet, time::Duration};

/// The registry that a release goes to, and the version that goes there.
pub(super) struct Registry<'a> {
    pub(super) shell: &'a Shell,
    pub(super) name: Option<&'a str>,
    pub(super) version: &'a Version,
}

/// How an upload ended that did not fail.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Upload {
    /// The crate is in the registry now.
    Done,
    /// It was there before.
    AlreadyThere,
    /// The registry wants to be left alone for that long.
    Refused(Duration),
}

impl Registry<'_> {
    /// Returns which of the crates the registry has in this version.
    pub(super) fn published(&self, crates: &[String]) -> Result<BTreeSet<String>, Failure> {
        self.rehearse(crates, &["--no-verify", "--allow-dirty"])
    }

    /// Packages all crates and builds each from its package and the packages of the others.
    /// Returns which of them the registry has in this version.
    pub(super) fn build_packages(&self, crates: &[String]) -> Result<BTreeSet<String>, Failure> {
        self.rehearse(crates, &[])
    }

    /// A publication of all crates that ends before the upload. Cargo names those it would have
    /// to leave out.
    fn rehearse(&self, crates: &[String], options: &[&str]) -> Result<BTreeSet<String>, Failure> {
        let mut words = self.publish();
        words.push("--dry-run");
        words.extend(options);
        for name in crates {
            words.extend(["--package", name]);
        }
        let finished = self.shell.cargo(&words)?;
        let stderr = finished.stderr.clone();
        finished.or_fail()?;
        let is_there = |name: &&String| stderr.contains(&self.already_exists(name));
        Ok(crates.iter().filter(is_there).cloned().collect())
    }

    /// Uploads one crate, built from its package before, and waits until it can be depended on.
    pub(super) fn upload(
        &self,
        name: &str,
        clock: &dyn Clock,
        attempt: u32,
    ) -> Result<Upload, Failure> {
        let mut words = self.publish();
        words.extend(["--no-verify", "--package", name]);
        let finished = self.shell.cargo(&words)?;
        if finished.success {
            return Ok(Upload::Done);
        }
        let message = &finished.stderr;
        // Cargo says the first when it asks the index, the registry the second when the index was
        // behind.
        if message.contains(&self.already_exists(name)) || message.contains("is already uploaded") {
            return Ok(Upload::AlreadyThere);
        }
        if retry_after::is_too_many(message) {
            return Ok(Upload::Refused(retry_after::wait(message, clock.now(), attempt)));
        }
        finished.or_fail().map(|_| Upload::Done)
    }

    fn publish(&self) -> Vec<&str> {
        let mut words = vec!["publish"];
        if let Some(name) = self.name {
            words.extend(["--registry", name]);
        }
        words
    }

    fn already_exists(&self, name: &str) -> String {
        format!("crate {name}@{} already exists on", self.version)
    }
}
