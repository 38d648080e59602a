//! Assertions made of others: all of them, any of them, not one, or one that scores enough.
//!
//! What is not evaluated here is neither true nor false. A composite that does not depend on it is
//! decided all the same; one that does is skipped.

use crate::comparison::Comparison;
use crate::config::{ConfigProblem, Settings};
use crate::finding::{fails, holds};
use crate::limits::COMPOSITE_DEPTH;
use crate::output::Output;
use crate::rule::{Checked, Parsed, Rule, Skipped};
use atp_scoring::{Check, Score};
use atp_suite::Value;

/// Keys of a condition that is made of others.
const KEYS: [&str; 5] = ["operator", "conditions", "condition", "value", "comparator"];

/// Most parts that a finding repeats the messages of.
const SHOWN: usize = 5;

/// A condition at the top, with the word for it.
pub(crate) struct Composite<'a> {
    operator: &'static str,
    condition: Condition<'a>,
}

enum Condition<'a> {
    Rule(Rule<'a>),
    NotEvaluated(String),
    All(Vec<Condition<'a>>),
    Any(Vec<Condition<'a>>),
    Not(Box<Condition<'a>>),
    Threshold(Comparison, f64, Box<Condition<'a>>),
}

/// Why a condition cannot be checked: a mistake in its settings, or a type that nobody knows.
enum Obstacle {
    Problem(ConfigProblem),
    Unknown(ConfigProblem),
}

/// Whether a condition holds, if that can be told, and between what its score lies.
#[derive(Clone, Copy)]
struct Truth {
    holds: Option<bool>,
    lowest: f64,
    highest: f64,
}

impl<'a> Composite<'a> {
    /// Reads the settings of a composite that stands below `depth` others.
    pub(crate) fn parse(
        settings: &Settings<'a>,
        depth: usize,
    ) -> Result<Parsed<'a>, ConfigProblem> {
        match operation(settings, "and", depth) {
            Ok((operator, condition)) => {
                Ok(Rule::Composite(Box::new(Self { operator, condition })).into())
            }
            Err(Obstacle::Problem(problem)) => Err(problem),
            Err(Obstacle::Unknown(place)) => Ok(Parsed::skipped(Skipped::Unknown(place))),
        }
    }

    /// Checks it.
    pub(crate) fn check(&self, output: &Output<'_>) -> Checked {
        let mut remarks = Remarks::default();
        let truth = self.condition.truth(output, &mut remarks);
        let name = format!("composite_{}", self.operator);
        let Some(is_true) = truth.holds else {
            return Checked::Undecided(format!("it depends on {}", remarks.undecided.join("; ")));
        };
        let mut check = if is_true {
            holds(&name, "the conditions hold")
        } else {
            let found = remarks.words();
            let message = format!("the conditions do not hold: {found}");
            fails(&name, message, self.words(), found)
        };
        if let Some(score) = truth.score() {
            check.score = score;
        }
        Checked::Checks(vec![check])
    }

    fn words(&self) -> String {
        match self.operator {
            "and" => "all conditions hold".into(),
            "or" => "one of the conditions holds".into(),
            "not" => "the condition does not hold".into(),
            _ => "the score of the condition is within the limit".into(),
        }
    }
}

/// Reads an operator and what it is about.
fn operation<'a>(
    settings: &Settings<'a>,
    default: &str,
    depth: usize,
) -> Result<(&'static str, Condition<'a>), Obstacle> {
    settings.only(&KEYS)?;
    if depth >= COMPOSITE_DEPTH {
        let message = format!("conditions are more than {COMPOSITE_DEPTH} levels deep");
        return Err(settings.problem_as_a_whole(message).into());
    }
    match settings.text("operator")?.unwrap_or(default) {
        "and" | "all" => Ok(("and", Condition::All(conditions(settings, depth)?))),
        "or" | "any" => Ok(("or", Condition::Any(conditions(settings, depth)?))),
        "not" => Ok(("not", Condition::Not(Box::new(only_condition(settings, depth)?)))),
        "threshold" => Ok(("threshold", threshold(settings, depth)?)),
        other => {
            let message = format!("expected and, or, not or threshold, found {other:?}");
            Err(settings.problem("operator", message).into())
        }
    }
}

fn conditions<'a>(settings: &Settings<'a>, depth: usize) -> Result<Vec<Condition<'a>>, Obstacle> {
    const EXPECTED: &str = "a list of conditions";
    let Some(value) = settings.value("conditions") else {
        return Err(settings.missing("conditions", EXPECTED).into());
    };
    let Some(list) = value.as_list().filter(|list| !list.is_empty()) else {
        return Err(settings.unexpected("conditions", EXPECTED, value).into());
    };
    let place = |index| format!("{}.conditions[{index}]", settings.path());
    list.iter().enumerate().map(|(index, value)| condition(value, place(index), depth)).collect()
}

/// Reads the one condition of an operator that takes one: `condition`, or a list of one.
fn only_condition<'a>(settings: &Settings<'a>, depth: usize) -> Result<Condition<'a>, Obstacle> {
    if let Some(value) = settings.value("condition") {
        return condition(value, format!("{}.condition", settings.path()), depth);
    }
    let mut list = conditions(settings, depth)?;
    match (list.pop(), list.is_empty()) {
        (Some(condition), true) => Ok(condition),
        _ => Err(settings.problem("conditions", "expected a single condition").into()),
    }
}

/// Reads a threshold. At the top of an assertion its settings may stand in a list of one.
fn threshold<'a>(settings: &Settings<'a>, depth: usize) -> Result<Condition<'a>, Obstacle> {
    let conditions = settings.value("conditions").and_then(Value::as_list);
    if let Some([Value::Map(map)]) = conditions
        && map.get("condition").is_some()
        && map.get("operator").is_none()
    {
        let settings = Settings::new(map, format!("{}.conditions[0]", settings.path()));
        settings.only(&["value", "comparator", "condition"])?;
        return threshold(&settings, depth);
    }
    let comparison = Comparison::parse(settings, "comparator")?.unwrap_or(Comparison::AtLeast);
    let limit = settings.required_share("value")?;
    Ok(Condition::Threshold(comparison, limit, Box::new(only_condition(settings, depth)?)))
}

/// Reads one condition: an operation or an assertion without `critical`.
fn condition<'a>(value: &'a Value, path: String, depth: usize) -> Result<Condition<'a>, Obstacle> {
    let Some(map) = value.as_map() else {
        let message = "expected a mapping with a type or an operator".into();
        return Err(Obstacle::Problem(ConfigProblem { path, message }));
    };
    let settings = Settings::new(map, path);
    if settings.value("operator").is_some() {
        return operation(&settings, "and", depth + 1).map(|(_, condition)| condition);
    }
    settings.only(&["type", "config"])?;
    let kind = settings.required_text("type")?;
    let place = format!("{}.config", settings.path());
    let config = match settings.value("config") {
        None => Settings::none(place),
        Some(Value::Map(map)) => Settings::new(map, place),
        Some(value) => return Err(settings.unexpected("config", "a mapping", value).into()),
    };
    let parsed = Parsed::parse(kind, &config, depth + 1)?;
    let skipped = match parsed.skipped {
        None => None,
        Some(Skipped::Unknown(place)) => return Err(Obstacle::Unknown(place)),
        Some(Skipped::Unsupported(reason)) => {
            let reason = format!("`{kind}`, which is not evaluated: {reason}");
            Some(Condition::NotEvaluated(reason))
        }
    };
    let rule = parsed.rule.map(Condition::Rule);
    let mut parts: Vec<_> = rule.into_iter().chain(skipped).collect();
    match (parts.pop(), parts.is_empty()) {
        (Some(part), true) => Ok(part),
        (last, _) => Ok(Condition::All(parts.into_iter().chain(last).collect())),
    }
}

impl Condition<'_> {
    fn truth(&self, output: &Output<'_>, remarks: &mut Remarks) -> Truth {
        match self {
            Self::NotEvaluated(reason) => {
                remarks.undecided.push(reason.clone());
                Truth { holds: None, lowest: 0.0, highest: 1.0 }
            }
            Self::Rule(rule) => match rule.check(output) {
                Checked::Checks(checks) => Truth::of_checks(&checks, remarks),
                Checked::Undecided(reason) => {
                    remarks.undecided.push(reason);
                    Truth { holds: None, lowest: 0.0, highest: 1.0 }
                }
            },
            Self::All(parts) => Truth::all(&truths(parts, output, remarks)),
            Self::Any(parts) => Truth::any(&truths(parts, output, remarks)),
            Self::Not(part) => part.truth(output, remarks).not(),
            Self::Threshold(comparison, limit, part) => {
                part.truth(output, remarks).compared(*comparison, *limit)
            }
        }
    }
}

fn truths(parts: &[Condition<'_>], output: &Output<'_>, remarks: &mut Remarks) -> Vec<Truth> {
    parts.iter().map(|part| part.truth(output, remarks)).collect()
}

impl Truth {
    fn of_checks(checks: &[Check], remarks: &mut Remarks) -> Self {
        let total: f64 = checks.iter().map(|check| check.score.value()).sum();
        let score = if checks.is_empty() { 1.0 } else { total / checks.len() as f64 };
        let holds = checks.iter().all(|check| check.passed);
        for check in checks {
            let said = if check.passed { &mut remarks.held } else { &mut remarks.failed };
            said.extend(check.message.clone());
        }
        Self { holds: Some(holds), lowest: score, highest: score }
    }

    /// Of all: the mean score. One that is false decides.
    fn all(parts: &[Self]) -> Self {
        let mean = |score: fn(&Self) -> f64| {
            parts.iter().map(score).sum::<f64>() / parts.len().max(1) as f64
        };
        let holds = if parts.iter().any(|part| part.holds == Some(false)) {
            Some(false)
        } else {
            parts.iter().all(|part| part.holds == Some(true)).then_some(true)
        };
        Self { holds, lowest: mean(|part| part.lowest), highest: mean(|part| part.highest) }
    }

    /// Of any: the best score. One that is true decides.
    fn any(parts: &[Self]) -> Self {
        let best = |score: fn(&Self) -> f64| parts.iter().map(score).fold(0.0, f64::max);
        let holds = if parts.iter().any(|part| part.holds == Some(true)) {
            Some(true)
        } else {
            parts.iter().all(|part| part.holds == Some(false)).then_some(false)
        };
        Self { holds, lowest: best(|part| part.lowest), highest: best(|part| part.highest) }
    }

    fn not(self) -> Self {
        Self {
            holds: self.holds.map(|holds| !holds),
            lowest: 1.0 - self.highest,
            highest: 1.0 - self.lowest,
        }
    }

    /// Decided where both ends of the score are on the same side.
    fn compared(self, comparison: Comparison, limit: f64) -> Self {
        let ends = [self.lowest, self.highest].map(|score| comparison.scores(score, limit));
        let same_side = match comparison {
            // A score in between may be equal where neither end is.
            Comparison::Equal | Comparison::NotEqual => self.lowest == self.highest,
            _ => ends[0] == ends[1],
        };
        Self { holds: same_side.then_some(ends[0]), ..self }
    }

    /// The score, or that of the verdict where a part was not evaluated.
    fn score(&self) -> Option<Score> {
        if self.lowest == self.highest { Score::new(self.lowest).ok() } else { None }
    }
}

/// What the parts said.
#[derive(Default)]
struct Remarks {
    failed: Vec<String>,
    held: Vec<String>,
    undecided: Vec<String>,
}

impl Remarks {
    /// Why the whole does not hold: what failed or, if nothing did, what should not have held.
    fn words(&self) -> String {
        let decisive = if self.failed.is_empty() { &self.held } else { &self.failed };
        let parts = || decisive.iter().chain(&self.undecided);
        let shown: Vec<_> = parts().take(SHOWN).map(String::as_str).collect();
        match parts().count() - shown.len() {
            0 => shown.join("; "),
            more => format!("{}; and {more} more", shown.join("; ")),
        }
    }
}

impl From<ConfigProblem> for Obstacle {
    fn from(problem: ConfigProblem) -> Self {
        Self::Problem(problem)
    }
}
