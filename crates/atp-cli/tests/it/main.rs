//! The program as its users start it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy allows them in tests, but not in what tests share"
)]

#[cfg(unix)]
mod adapters;
mod bench;
#[cfg(unix)]
mod commands;
#[cfg(unix)]
mod compare;
#[cfg(unix)]
mod failures;
#[cfg(unix)]
mod interrupted;
mod manual;
#[cfg(all(unix, feature = "otlp"))]
mod otlp;
#[cfg(unix)]
mod progress;
#[cfg(unix)]
mod reports;
#[cfg(unix)]
mod scale;
#[cfg(unix)]
mod selftest;
#[cfg(unix)]
mod shards;
#[cfg(unix)]
mod shared_rate;
#[cfg(unix)]
mod stage;
#[cfg(unix)]
mod usage;
mod validate;

use std::process::{Command, Output};

/// Runs `atp` with `args` in `folder`, with no variable of the environment but those in `env`.
fn atp(folder: &std::path::Path, env: &[(&str, &str)], args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_atp"));
    command.current_dir(folder).args(args).env_clear().envs(env.iter().copied());
    command.output().expect("atp starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("atp prints UTF-8")
}

#[test]
fn version_and_usage() {
    let here = std::path::Path::new(".");
    let output = atp(here, &[], &["--version"]);
    assert_eq!(text(&output.stdout), format!("atp {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(output.status.code(), Some(0));
    for wrong in [&[][..], &["validate"], &["nonsense"], &["validate", "--format", "xml", "a"]] {
        let output = atp(here, &[], wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(text(&output.stderr).contains("--help"), "{wrong:?}");
        assert_eq!(text(&output.stdout), "", "{wrong:?}");
    }
}
