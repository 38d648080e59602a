//! What cargo says about a registry, and what it brings there.

use super::{
    Failure,
    clock::Clock,
    retry_after,
    shell::{Finished, Shell},
};
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
        let words = self.rehearsal(crates, &["--no-verify", "--allow-dirty"]);
        self.already_there(crates, self.shell.cargo(&words)?)
    }

    /// Packages all crates and builds each from its package and the packages of the others.
    /// Returns which of them the registry has in this version.
    pub(super) fn build_packages(&self, crates: &[String]) -> Result<BTreeSet<String>, Failure> {
        let words = self.rehearsal(crates, &[]);
        self.already_there(crates, self.shell.cargo_watched(&words)?)
    }

    /// A publication of all crates that ends before the upload.
    fn rehearsal<'w>(&'w self, crates: &'w [String], options: &[&'w str]) -> Vec<&'w str> {
        let mut words = self.publish();
        words.push("--dry-run");
        words.extend(options);
        for name in crates {
            words.extend(["--package", name]);
        }
        words
    }

    /// The crates that a rehearsal says it would have to leave out.
    fn already_there(
        &self,
        crates: &[String],
        rehearsed: Finished,
    ) -> Result<BTreeSet<String>, Failure> {
        let is_there = |name: &&String| rehearsed.stderr.contains(&self.already_exists(name));
        let there = crates.iter().filter(is_there).cloned().collect();
        rehearsed.or_fail().map(|_| there)
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
