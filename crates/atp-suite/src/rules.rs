//! What must hold between values that are each right by themselves.

use std::collections::HashMap;

use crate::model::{TestCase, TestSuite};
use crate::path::{self, Path};
use crate::read::Reader;
use crate::teamwork::Mode;

/// How far from 1 the weights of a block may sum, with room for the rounding of binary
/// fractions: four times 0.2475 is within it.
const WEIGHT_TOLERANCE: f64 = 0.01 + 1e-9;

/// Checks the rules that concern several parts of a suite.
pub(crate) fn check(reader: &mut Reader<'_>, suite: &TestSuite) {
    let agents = Path::Key(&Path::Root, "agents");
    let tests = Path::Key(&Path::Root, "tests");
    let names = suite.agents.iter().map(|agent| agent.name.as_str());
    let declared = distinct(reader, names, &agents, ("name", "a name"));
    let ids = suite.tests.iter().map(|test| test.id.as_str());
    distinct(reader, ids, &tests, ("id", "an id"));
    for (at, test) in suite.tests.iter().enumerate() {
        let rules = TestRules { test, path: Path::Index(&tests, at) };
        rules.check_agents(reader, &declared);
        rules.check_mode(reader);
        rules.check_configs(reader);
    }
}

/// Refuses weights that do not sum to 1.
pub(crate) fn check_weights(reader: &mut Reader<'_>, sum: f64, path: &Path<'_>) {
    if (sum - 1.0).abs() > WEIGHT_TOLERANCE {
        let message = format!("the weights given here sum to {sum:.3}, expected 1");
        reader.contradict(path, message);
    }
}

/// Refuses names that occur before, and returns where each occurs first. An empty name is
/// left out: it has been reported as such.
fn distinct<'s>(
    reader: &mut Reader<'_>,
    names: impl Iterator<Item = &'s str>,
    list: &Path<'_>,
    (key, noun): (&str, &str),
) -> HashMap<&'s str, usize> {
    let mut firsts = HashMap::new();
    for (at, name) in names.enumerate().filter(|(_, name)| !name.is_empty()) {
        let first = *firsts.entry(name).or_insert(at);
        if first != at {
            let item = Path::Index(list, at);
            let path = Path::Key(&item, key);
            let other = path::display(&Path::Index(list, first).steps());
            reader.contradict_value(&path, &format!("{noun} other than that of {other}"));
        }
    }
    firsts
}

/// The rules within one test.
struct TestRules<'s, 'p> {
    test: &'s TestCase,
    path: Path<'p>,
}

impl TestRules<'_, '_> {
    fn check_agents(&self, reader: &mut Reader<'_>, declared: &HashMap<&str, usize>) {
        let list = Path::Key(&self.path, "agents");
        for (at, agent) in self.test.agents.iter().flatten().enumerate() {
            if !agent.is_empty() && !declared.contains_key(agent.as_str()) {
                let path = Path::Index(&list, at);
                reader.contradict_value(&path, "an agent that the suite declares");
            }
        }
    }

    fn check_mode(&self, reader: &mut Reader<'_>) {
        let agents = Path::Key(&self.path, "agents");
        let mode_path = Path::Key(&self.path, "mode");
        match (self.test.mode, &self.test.agents) {
            (Some(mode), None) => {
                let mode = mode.as_str();
                let message = format!("mode {mode} needs agents, but the test names none");
                reader.contradict(&mode_path, message);
            }
            (Some(mode @ (Mode::Collaboration | Mode::Handoff)), Some(list)) if list.len() == 1 => {
                let mode = mode.as_str();
                let message = format!("mode {mode} needs at least 2 agents, found 1");
                reader.contradict(&agents, message);
            }
            // A mode that could not be read has been reported.
            (None, Some(list))
                if list.len() > 1
                    && (reader.findings.is_full() || reader.at(&mode_path).is_none()) =>
            {
                let count = list.len();
                let message =
                    format!("{count} agents need a mode: comparison, collaboration or handoff");
                reader.contradict(&agents, message);
            }
            _ => {}
        }
    }

    fn check_configs(&self, reader: &mut Reader<'_>) {
        let test = self.test;
        let configs = [
            (Mode::Comparison, "comparison_config", test.comparison_config.is_some()),
            (Mode::Collaboration, "collaboration_config", test.collaboration_config.is_some()),
            (Mode::Handoff, "handoff_config", test.handoff_config.is_some()),
        ];
        if let Some(mode) = test.mode {
            for (_, key, _) in configs.iter().filter(|(of, _, given)| *given && *of != mode) {
                let mode = mode.as_str();
                let message = format!("{key} does not belong to mode {mode}");
                reader.contradict(&Path::Key(&self.path, key), message);
            }
        }
        let coordinator =
            test.collaboration_config.as_ref().and_then(|config| config.coordinator_agent.as_ref());
        if let (Some(coordinator), Some(agents)) = (coordinator, &test.agents)
            && !agents.contains(coordinator)
        {
            let config = Path::Key(&self.path, "collaboration_config");
            let path = Path::Key(&config, "coordinator_agent");
            reader.contradict_value(&path, "one of the test's agents");
        }
    }
}
