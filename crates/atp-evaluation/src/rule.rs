//! An assertion that is ready to be checked.

use crate::artifact::ArtifactRule;
use crate::behavior::{BehaviorRule, Block};
use crate::composite::Composite;
use crate::config::{ConfigProblem, Settings};
use crate::file::FileRule;
use crate::kind;
use crate::output::Output;
use atp_scoring::Check;

/// What an assertion asserts, as far as it is evaluated here.
pub(crate) enum Rule<'a> {
    Artifact(ArtifactRule<'a>),
    Behavior(Vec<BehaviorRule<'a>>),
    File(FileRule<'a>),
    Composite(Box<Composite<'a>>),
}

/// What became of the text of an assertion. There may be a rule for a part of it and a reason why
/// there is none for the rest.
pub(crate) struct Parsed<'a> {
    pub(crate) rule: Option<Rule<'a>>,
    pub(crate) skipped: Option<Skipped>,
}

/// Why an assertion is not evaluated.
pub(crate) enum Skipped {
    /// Nobody knows the type that stands at this place.
    Unknown(ConfigProblem),
    Unsupported(String),
}

/// What checking a rule came to.
pub(crate) enum Checked {
    Checks(Vec<Check>),
    /// It depends on something that is not evaluated here.
    Undecided(String),
}

impl<'a> Parsed<'a> {
    /// Reads an assertion that stands below `depth` composites.
    pub(crate) fn parse(
        kind: &str,
        settings: &Settings<'a>,
        depth: usize,
    ) -> Result<Self, ConfigProblem> {
        if let Some(rule) = ArtifactRule::parse(kind, settings)? {
            return Ok(Rule::Artifact(rule).into());
        }
        if let Some(rule) = FileRule::parse(kind, settings)? {
            return Ok(Rule::File(rule).into());
        }
        if let Some(rule) = BehaviorRule::parse(kind, settings)? {
            return Ok(Rule::Behavior(vec![rule]).into());
        }
        match kind {
            "behavior" => Block::parse(settings).map(Self::of_block),
            "composite" => Composite::parse(settings, depth),
            _ => Ok(Self::skipped(not_evaluated(kind, settings))),
        }
    }

    pub(crate) fn skipped(skipped: Skipped) -> Self {
        Self { rule: None, skipped: Some(skipped) }
    }

    fn of_block(block: Block<'a>) -> Self {
        let rule = (!block.rules.is_empty()).then_some(Rule::Behavior(block.rules));
        let reason = |check| format!("no exact rules are agreed for the check {check}");
        Self { rule, skipped: block.undefined.map(reason).map(Skipped::Unsupported) }
    }
}

fn not_evaluated(kind: &str, settings: &Settings<'_>) -> Skipped {
    match kind::unsupported(kind) {
        Some(reason) => Skipped::Unsupported(reason.into()),
        None => {
            // The type stands beside the settings.
            let path = settings.path();
            let path = format!("{}type", path.strip_suffix("config").unwrap_or(path));
            Skipped::Unknown(ConfigProblem { path, message: kind::unknown(kind) })
        }
    }
}

impl<'a> From<Rule<'a>> for Parsed<'a> {
    fn from(rule: Rule<'a>) -> Self {
        Self { rule: Some(rule), skipped: None }
    }
}

impl Rule<'_> {
    /// The name of the family, as reports and scores know it.
    pub(crate) fn evaluator(&self) -> &'static str {
        match self {
            Self::Artifact(_) => "artifact",
            Self::Behavior(_) => "behavior",
            Self::File(_) => "filesystem",
            Self::Composite(_) => "composite",
        }
    }

    /// Checks it.
    pub(crate) fn check(&self, output: &Output<'_>) -> Checked {
        match self {
            Self::Artifact(rule) => Checked::Checks(vec![rule.check(output)]),
            Self::File(rule) => Checked::Checks(vec![rule.check(output)]),
            Self::Behavior(rules) => {
                Checked::Checks(rules.iter().map(|rule| rule.check(output)).collect())
            }
            Self::Composite(composite) => composite.check(output),
        }
    }
}
