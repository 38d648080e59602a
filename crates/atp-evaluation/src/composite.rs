//! Assertions made of others: all of them, any of them, not one, or one that scores enough.
//!
//! What is not evaluated here is neither true nor false. A composite that does not depend on it is
//! decided all the same; one that does is skipped.

use crate::comparison::Comparison;
use crate::config::{ConfigProblem, Settings};
use crate::finding::{fails, holds, shown};
use crate::limits::COMPOSITE_DEPTH;
use crate::output::Output;
use crate::rule::{Checked, Parsed, Rule, Skipped};
use crate::truth::{Remarks, Truth};
use atp_suite::Value;

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
        let Some(is_true) = truth.holds() else {
            return Checked::Undecided(format!("it depends on {}", remarks.missing()));
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
    if depth >= COMPOSITE_DEPTH {
        let message = format!("conditions are more than {COMPOSITE_DEPTH} levels deep");
        return Err(settings.problem_as_a_whole(message).into());
    }
    match settings.text("operator")?.unwrap_or(default) {
        "and" | "all" => {
            settings.only(&["operator", "conditions"])?;
            Ok(("and", Condition::All(conditions(settings, depth)?)))
        }
        "or" | "any" => {
            settings.only(&["operator", "conditions"])?;
            Ok(("or", Condition::Any(conditions(settings, depth)?)))
        }
        "not" => {
            settings.only(&["operator", "condition", "conditions"])?;
            Ok(("not", Condition::Not(Box::new(only_condition(settings, depth)?))))
        }
        "threshold" => {
            let known = ["operator", "value", "comparator", "condition", "conditions"];
            settings.only(&known)?;
            Ok(("threshold", threshold(settings, depth)?))
        }
        other => {
            let expected = "expected and, or, not or threshold";
            let message = format!("{expected}, found {:?}", shown(other));
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
        if settings.value("conditions").is_some() {
            let message = "expected either these or `condition`";
            return Err(settings.problem("conditions", message).into());
        }
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
                Truth::UNTOLD
            }
            Self::Rule(rule) => match rule.check(output) {
                Checked::Checks(checks) => Truth::of_checks(&checks, remarks),
                Checked::Undecided(reason) => {
                    remarks.undecided.push(reason);
                    Truth::UNTOLD
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

impl From<ConfigProblem> for Obstacle {
    fn from(problem: ConfigProblem) -> Self {
        Self::Problem(problem)
    }
}
