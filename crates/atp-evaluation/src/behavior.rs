//! Assertions about what an agent did.

use crate::activity::Activity;
use crate::config::{ConfigProblem, Settings};
use crate::finding::{count, fails, holds, listed, shown};
use crate::output::Output;
use atp_protocol::EventType;
use atp_scoring::Check;

/// Values of `check` that suites use for what nobody has defined.
const UNDEFINED_CHECKS: [&str; 2] = ["no_repeated_actions", "efficient_tool_use"];

/// What is asserted.
pub(crate) enum BehaviorRule<'a> {
    MustUse(Vec<&'a str>),
    Forbidden(Vec<&'a str>),
    AtMost(u64),
    AtLeast(u64),
    NoErrors,
}

/// The rules of a `behavior` block, and which of its checks nobody has defined.
pub(crate) struct Block<'a> {
    pub(crate) rules: Vec<BehaviorRule<'a>>,
    pub(crate) undefined: Option<&'a str>,
}

impl<'a> Block<'a> {
    /// Reads the settings of an assertion called `behavior`.
    pub(crate) fn parse(settings: &Settings<'a>) -> Result<Self, ConfigProblem> {
        const KEYS: [&str; 6] = [
            "must_use_tools",
            "max_tool_calls",
            "min_tool_calls",
            "forbidden_tools",
            "no_errors",
            "check",
        ];
        settings.only(&KEYS)?;
        let mut rules = Vec::new();
        rules.extend(settings.texts("must_use_tools")?.map(BehaviorRule::MustUse));
        rules.extend(settings.count("max_tool_calls")?.map(BehaviorRule::AtMost));
        rules.extend(settings.count("min_tool_calls")?.map(BehaviorRule::AtLeast));
        rules.extend(settings.texts("forbidden_tools")?.map(BehaviorRule::Forbidden));
        let mut no_errors = settings.flag("no_errors")?.unwrap_or(false);
        let mut undefined = None;
        match settings.text("check")? {
            Some("no_errors") => no_errors = true,
            Some(check) if UNDEFINED_CHECKS.contains(&check) => undefined = Some(check),
            Some(check) => {
                let message = format!("expected no_errors, found {:?}", shown(check));
                return Err(settings.problem("check", message));
            }
            None => {}
        }
        if no_errors {
            rules.push(BehaviorRule::NoErrors);
        }
        if rules.is_empty() && undefined.is_none() {
            let keys = listed(KEYS);
            let message = format!("asserts nothing; expected at least one of {keys}");
            return Err(settings.problem_as_a_whole(message));
        }
        Ok(Self { rules, undefined })
    }
}

impl<'a> BehaviorRule<'a> {
    /// Reads the settings of a rule of this family that stands alone.
    pub(crate) fn parse(
        kind: &str,
        settings: &Settings<'a>,
    ) -> Result<Option<Self>, ConfigProblem> {
        let tools = || {
            settings.only(&["tools", kind])?;
            let tools = settings.texts("tools")?.or(settings.texts(kind)?);
            tools.ok_or_else(|| settings.missing("tools", "a list of tools"))
        };
        let limit = || {
            settings.only(&["limit", kind])?;
            let limit = settings.count("limit")?.or(settings.count(kind)?);
            limit.ok_or_else(|| settings.missing("limit", "a whole number from 0"))
        };
        Ok(Some(match kind {
            "must_use_tools" => Self::MustUse(tools()?),
            "forbidden_tools" => Self::Forbidden(tools()?),
            "max_tool_calls" => Self::AtMost(limit()?),
            "min_tool_calls" => Self::AtLeast(limit()?),
            "no_errors" => {
                settings.only(&[])?;
                Self::NoErrors
            }
            _ => return Ok(None),
        }))
    }

    /// Checks it.
    pub(crate) fn check(&self, output: &Output<'_>) -> Check {
        match self {
            Self::MustUse(tools) => must_use(tools, output.activity),
            Self::Forbidden(tools) => forbidden(tools, output.activity),
            Self::AtMost(limit) => {
                number_of_calls("max_tool_calls", "at most", *limit, output, |calls| {
                    calls <= *limit
                })
            }
            Self::AtLeast(limit) => {
                let enough = |calls| calls >= *limit;
                number_of_calls("min_tool_calls", "at least", *limit, output, enough)
            }
            Self::NoErrors => no_errors(output),
        }
    }
}

fn must_use(tools: &[&str], activity: &Activity) -> Check {
    const NAME: &str = "must_use_tools";
    let missing = tools.iter().copied().filter(|tool| activity.calls_of(tool) == 0);
    let missing = listed(missing);
    if missing.is_empty() {
        return holds(NAME, "all required tools were called");
    }
    let message = format!("not called: {missing}{}", caveat(activity));
    fails(NAME, message, listed(tools.iter().copied()), called(activity))
}

fn forbidden(tools: &[&str], activity: &Activity) -> Check {
    const NAME: &str = "forbidden_tools";
    let used = tools.iter().copied().filter(|tool| activity.calls_of(tool) > 0);
    let used = listed(used);
    let expected = || format!("no call of {}", listed(tools.iter().copied()));
    if !used.is_empty() {
        fails(NAME, format!("called: {used}"), expected(), called(activity))
    } else if !tools.is_empty() && activity.uncounted_tool_calls() > 0 {
        let message = format!("cannot be told{}", caveat(activity));
        fails(NAME, message, expected(), called(activity))
    } else {
        holds(NAME, "no forbidden tool was called")
    }
}

/// The agent's own figure counts, as it does for the score; its events where it gives none.
fn number_of_calls(
    name: &str,
    comparison: &str,
    limit: u64,
    output: &Output<'_>,
    is_fine: impl Fn(u64) -> bool,
) -> Check {
    let told = output.response.metrics.as_ref().and_then(|metrics| metrics.tool_calls);
    let (calls, source) = match told {
        Some(calls) => (calls, "by the agent's metrics"),
        None => (output.activity.tool_calls(), "by the agent's events"),
    };
    let found = format!("{} {source}", count(calls, "tool call", "tool calls"));
    if is_fine(calls) {
        holds(name, format!("{found}, {comparison} {limit} wanted"))
    } else {
        let expected = format!("{comparison} {}", count(limit, "tool call", "tool calls"));
        fails(name, format!("{found}, {comparison} {limit} wanted"), expected, found)
    }
}

fn no_errors(output: &Output<'_>) -> Check {
    const NAME: &str = "no_errors";
    let told = output.response.error.as_deref().filter(|error| !error.is_empty());
    let events = output.activity.count(EventType::Error);
    let found = match (told, events) {
        (None, 0) => return holds(NAME, "there were no errors"),
        (Some(error), _) => format!("the answer has an error: {}", shown(error)),
        (None, events) => {
            let messages = listed(output.activity.error_messages().iter().map(String::as_str));
            format!("{}: {messages}", count(events, "error event", "error events"))
        }
    };
    fails(NAME, found.clone(), "no errors", found)
}

/// What was called, in a stable order.
fn called(activity: &Activity) -> String {
    let mut tools: Vec<_> = activity.tools().map(|(tool, _)| tool).collect();
    tools.sort_unstable();
    if tools.is_empty() { "no tools".into() } else { listed(tools) }
}

/// What to add where names of tools were dropped.
fn caveat(activity: &Activity) -> String {
    match activity.uncounted_tool_calls() {
        0 => String::new(),
        calls => {
            let calls = count(calls, "call of a further tool", "calls of further tools");
            format!(" ({calls} could not be kept apart)")
        }
    }
}
