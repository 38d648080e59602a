//! What is odd about a suite that is valid: settings of assertions that make no sense, and agents
//! that nothing here can reach.

use atp_evaluation::config_problems;
use atp_suite::{Environment, SuiteDocument, SuiteError, TestSuite};
use serde::Serialize;
use std::{fmt, path::Path};

/// How many warnings of a suite are shown to people.
const MOST_SHOWN: usize = 20;

/// One thing that the format allows and that will hardly do what was meant.
#[derive(Debug, Serialize)]
pub(crate) struct Warning {
    /// Line and column from 1.
    line: usize,
    column: usize,
    path: String,
    message: String,
}

/// A valid suite with what is odd about it.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) suite: TestSuite,
    pub(crate) warnings: Vec<Warning>,
}

/// The warnings of a file as text: each with its place, and how many are left out.
pub(crate) struct Shown<'a> {
    file: &'a Path,
    warnings: &'a [Warning],
}

impl Checked {
    /// Loads a file and looks at what its tests and agents say.
    pub(crate) fn load(file: &Path, environment: &Environment) -> Result<Self, SuiteError> {
        let document = SuiteDocument::read(file)?;
        let suite = document.expand(environment)?;
        let mut found = unknown_agents(&suite);
        for (index, test) in suite.tests.iter().enumerate() {
            let problems = config_problems(test).into_iter();
            found.extend(problems.map(|it| (format!("tests[{index}].{}", it.path), it.message)));
        }
        if found.is_empty() {
            return Ok(Self { suite, warnings: Vec::new() });
        }
        let places = document.locate(found.iter().map(|(path, _)| path.as_str()));
        let warnings = found.into_iter().zip(places);
        let warning = |((path, message), (line, column))| Warning { line, column, path, message };
        Ok(Self { suite, warnings: warnings.map(warning).collect() })
    }

    /// The warnings for people.
    pub(crate) fn shown<'a>(&'a self, file: &'a Path) -> Shown<'a> {
        Shown { file, warnings: &self.warnings }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Warning { line, column, path, message } in self.warnings.iter().take(MOST_SHOWN) {
            writeln!(f, "warning: {path}: {message}")?;
            writeln!(f, " --> {}:{line}:{column}\n", self.file.display())?;
        }
        match self.warnings.len().checked_sub(MOST_SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => {
                writeln!(f, "and {more} more warnings; `atp validate --format json` lists all\n")
            }
        }
    }
}

/// The agents whose type no adapter has, by their paths.
#[cfg(unix)]
fn unknown_agents(suite: &TestSuite) -> Vec<(String, String)> {
    let registry = atp_adapter::lazy_adapter_registry();
    let agents = suite.agents.iter().enumerate();
    let unknown = agents.filter_map(|(index, agent)| {
        let kind = agent.kind.as_deref()?;
        let is_known = registry.keys().contains(&kind);
        let error = if is_known { None } else { registry.get(kind).err() }?;
        // The type is the suite's, and is not to steer a terminal.
        let message = error.to_string().replace(char::is_control, "·");
        Some((format!("agents[{index}].type"), message))
    });
    unknown.collect()
}

/// Which types there are is only known where agents can be run.
#[cfg(not(unix))]
fn unknown_agents(_suite: &TestSuite) -> Vec<(String, String)> {
    Vec::new()
}
