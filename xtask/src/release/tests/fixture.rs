//! A workspace of three crates that depend on each other, in a repository of its own.

use super::registry::TestRegistry;
use crate::{
    release::{
        clock::Clock,
        options::{Options, Step},
        shell::Shell,
    },
    tool::GIT,
};
use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;

pub(super) struct Fixture {
    /// Removed with everything in it when the test is over.
    folder: TempDir,
    pub(super) shell: Shell,
}

/// A clock that moves when someone sleeps.
pub(super) struct ManualClock {
    now: SystemTime,
    pub(super) slept: Vec<u64>,
}

impl Fixture {
    /// `fx-top` needs `fx-middle`, which needs `fx-base`; `fx-tool` is not published. The names
    /// are in the order that publication must not have.
    ///
    /// There is none where git is not installed.
    pub(super) fn new(registry: &TestRegistry) -> Option<Self> {
        if !GIT.is_installed_or_say() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("workspace");
        let home = folder.path().join("home");
        let shell = Shell::new(&root)
            .with_env("CARGO_HOME", &home)
            .with_env("CARGO_TARGET_DIR", folder.path().join("target"))
            .with_env("CARGO_REGISTRIES_LOCAL_INDEX", registry.index())
            .with_env("CARGO_REGISTRIES_LOCAL_TOKEN", "token")
            .with_env("CARGO_NET_OFFLINE", "false")
            .with_env("NO_PROXY", "127.0.0.1")
            .with_env("no_proxy", "127.0.0.1")
            .with_env("GIT_CONFIG_GLOBAL", folder.path().join("no-configuration"))
            .with_env("GIT_CONFIG_NOSYSTEM", "1")
            .with_env("GIT_AUTHOR_NAME", "Test")
            .with_env("GIT_AUTHOR_EMAIL", "test@localhost")
            .with_env("GIT_COMMITTER_NAME", "Test")
            .with_env("GIT_COMMITTER_EMAIL", "test@localhost");
        let fixture = Self { folder, shell };
        fixture.write("Cargo.toml", WORKSPACE);
        fixture.member("fx-base", "", "");
        fixture.member("fx-middle", "fx-base.workspace = true", "pub use fx_base as base;");
        fixture.member("fx-top", "fx-middle.workspace = true", "pub use fx_middle as middle;");
        fixture.member("fx-tool", "fx-top.workspace = true", "");
        let tool = fixture
            .read("fx-tool/Cargo.toml")
            .replace("[dependencies]", "publish = false\n\n[dependencies]");
        fixture.write("fx-tool/Cargo.toml", &tool);
        fixture.write("CHANGELOG.md", "# Changelog\n\n## 0.1.0 - unreleased\n\nThe first.\n");
        fixture.shell.cargo(&["generate-lockfile", "--offline"]).unwrap().or_fail().unwrap();
        fixture.git(&["init", "--quiet", "--initial-branch", "main"]);
        fixture.commit("fx-base: begin");
        Some(fixture)
    }

    fn member(&self, name: &str, dependencies: &str, code: &str) {
        let inherited: String = ["version", "edition", "license", "description"]
            .map(|field| format!("{field}.workspace = true\n"))
            .concat();
        let manifest =
            format!("[package]\nname = \"{name}\"\n{inherited}\n[dependencies]\n{dependencies}\n");
        self.write(&format!("{name}/Cargo.toml"), &manifest);
        self.write(&format!("{name}/src/lib.rs"), code);
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.shell.root().join(path)).unwrap()
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.shell.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A path beside the workspace.
    pub(super) fn outside(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(super) fn git(&self, words: &[&str]) -> String {
        self.shell.git(words).unwrap().or_fail().unwrap().trim().to_owned()
    }

    pub(super) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// The tags of the repository.
    pub(super) fn tags(&self) -> String {
        self.git(&["tag", "--list"])
    }
}

impl ManualClock {
    /// Sun, 06 Nov 1994 08:49:37 GMT
    pub(super) fn new() -> Self {
        Self { now: UNIX_EPOCH + Duration::from_secs(784_111_777), slept: Vec::new() }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.now
    }

    fn sleep(&mut self, duration: Duration) {
        self.now += duration;
        self.slept.push(duration.as_secs());
    }
}

pub(super) fn options(step: Step, execute: bool) -> Options {
    Options { step, execute, bump: None, registry: Some("local".into()) }
}

const WORKSPACE: &str = r#"[workspace]
members = ["fx-base", "fx-middle", "fx-tool", "fx-top"]
resolver = "3"

[workspace.package]
version = "0.1.0"
edition = "2024"
license = "MIT"
description = "A fixture"

[workspace.dependencies]
fx-base = { path = "fx-base", version = "0.1.0", registry = "local" }
fx-middle = { path = "fx-middle", version = "0.1.0", registry = "local" }
fx-top = { path = "fx-top", version = "0.1.0", registry = "local" }
"#;
