//! The arguments of `cargo xtask release`.

use super::{Failure, version::Bump};
use lexopt::{Arg, Parser, ValueExt};
use semver::Version;
use std::ffi::OsString;

pub(super) const HELP: &str = "\
usage: cargo xtask release STEP [OPTIONS]

  plan      what a release would hold: version, crates in their order, commits
  prepare   set the version in all manifests, write the changelog's section, commit
  verify    check semantic versioning, package every crate and build it from its package
  publish   verify, tag, and upload what the registry does not have yet

Nothing is changed, tagged or uploaded without --execute. Every step may be run again.

  --execute         do it
  --bump LEVEL      major, minor or patch (plan, prepare)
  --to VERSION      this version (plan, prepare)
  --registry NAME   a registry of cargo's configuration instead of crates.io";

/// One step of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Plan,
    Prepare,
    Verify,
    Publish,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) step: Step,
    pub(super) execute: bool,
    pub(super) bump: Option<Bump>,
    pub(super) registry: Option<String>,
}

impl Options {
    /// Reads the arguments; `None` asks for the help text.
    pub(super) fn parse(args: Vec<OsString>) -> Result<Option<Self>, Failure> {
        let mut parser = Parser::from_args(args);
        let mut step = None;
        let (mut execute, mut bump, mut registry) = (false, None, None);
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Value(word) if step.is_none() => step = Some(Step::parse(&word.string()?)?),
                Arg::Long("execute") => execute = true,
                Arg::Long("bump") if bump.is_none() => bump = Some(parser.value()?.parse()?),
                Arg::Long("to") if bump.is_none() => {
                    bump = Some(Bump::To(parser.value()?.parse_with(Version::parse)?));
                }
                Arg::Long("bump" | "to") => return Err("one of --bump and --to is enough".into()),
                Arg::Long("registry") => registry = Some(parser.value()?.string()?),
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                _ => return Err(arg.unexpected().into()),
            }
        }
        let Some(step) = step else { return Ok(None) };
        if bump.is_some() && matches!(step, Step::Verify | Step::Publish) {
            return Err("the version is that of the manifests by now: see prepare".into());
        }
        Ok(Some(Self { step, execute, bump, registry }))
    }
}

impl Step {
    fn parse(word: &str) -> Result<Self, Failure> {
        match word {
            "plan" => Ok(Self::Plan),
            "prepare" => Ok(Self::Prepare),
            "verify" => Ok(Self::Verify),
            "publish" => Ok(Self::Publish),
            _ => Err(format!("there is no step {word}: plan, prepare, verify or publish").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Option<Options>, Failure> {
        Options::parse(words.iter().map(OsString::from).collect())
    }

    #[test]
    fn a_step_is_dry_unless_told_otherwise() {
        let options = parse(&["publish"]).unwrap().unwrap();
        assert_eq!((options.step, options.execute), (Step::Publish, false));
        assert!(parse(&["--execute", "publish"]).unwrap().unwrap().execute);
    }

    #[test]
    fn no_step_asks_for_help() {
        assert_eq!(parse(&[]).unwrap(), None);
        assert_eq!(parse(&["plan", "--help"]).unwrap(), None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            &["deploy"][..],
            &["plan", "prepare"],
            &["plan", "--bump", "huge"],
            &["plan", "--to", "1"],
            &["plan", "--to", "1.0.0", "--bump", "patch"],
            &["publish", "--bump", "patch"],
            &["plan", "--fast"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
