//! The shape of a suite: which keys each part has, what they take, and what holds if they are
//! left out.

use std::sync::Arc;

use crate::environment::Environment;
use crate::finding::Findings;
use crate::model::{
    AgentConfig, Assertion, Constraints, Defaults, ScoringWeights, Task, TestCase, TestSuite,
};
use crate::node::Node;
use crate::path::Path;
use crate::read::{Fields, Reader};
use crate::rules;
use crate::teamwork::{
    CollaborationConfig, ComparisonConfig, ContextAccumulation, HandoffConfig, HandoffTrigger,
    Mode, TerminationCondition,
};

const SUITE: &[&str] = &["test_suite", "version", "description", "defaults", "agents", "tests"];
const DEFAULTS: &[&str] = &["runs_per_test", "timeout_seconds", "scoring", "constraints"];
const TEST: &[&str] = &[
    "id",
    "name",
    "description",
    "tags",
    "task",
    "constraints",
    "assertions",
    "scoring",
    "agents",
    "mode",
    "comparison_config",
    "collaboration_config",
    "handoff_config",
];
const TASK: &[&str] = &["description", "input_data", "expected_artifacts", "workspace_fixture"];
const CONSTRAINTS: &[&str] =
    &["max_steps", "max_tokens", "timeout_seconds", "allowed_tools", "budget_usd"];
const ASSERTION: &[&str] = &["type", "config", "critical"];
const SCORING: &[&str] =
    &["quality_weight", "completeness_weight", "efficiency_weight", "cost_weight"];
const COMPARISON: &[&str] = &["metrics", "determine_winner", "parallel_execution"];
const COLLABORATION: &[&str] = &[
    "max_turns",
    "turn_timeout_seconds",
    "require_consensus",
    "allow_parallel_turns",
    "coordinator_agent",
    "termination_condition",
];
const HANDOFF: &[&str] = &[
    "handoff_trigger",
    "context_accumulation",
    "max_context_size",
    "allow_backtrack",
    "final_agent_decides",
    "agent_timeout_seconds",
    "continue_on_failure",
];

const MODES: [(&str, Mode); 3] = [
    ("comparison", Mode::Comparison),
    ("collaboration", Mode::Collaboration),
    ("handoff", Mode::Handoff),
];
const TERMINATIONS: [(&str, TerminationCondition); 4] = [
    ("all_complete", TerminationCondition::AllComplete),
    ("any_complete", TerminationCondition::AnyComplete),
    ("consensus", TerminationCondition::Consensus),
    ("max_turns", TerminationCondition::MaxTurns),
];
const TRIGGERS: [(&str, HandoffTrigger); 5] = [
    ("always", HandoffTrigger::Always),
    ("on_success", HandoffTrigger::OnSuccess),
    ("on_failure", HandoffTrigger::OnFailure),
    ("on_partial", HandoffTrigger::OnPartial),
    ("explicit", HandoffTrigger::Explicit),
];
const ACCUMULATIONS: [(&str, ContextAccumulation); 4] = [
    ("append", ContextAccumulation::Append),
    ("replace", ContextAccumulation::Replace),
    ("merge", ContextAccumulation::Merge),
    ("summary", ContextAccumulation::Summary),
];

/// Reads a document as a suite. The suite is only good if there are no findings.
pub(crate) fn read_suite(
    root: &Node,
    source: &str,
    env: &Environment,
    findings: Findings,
) -> (TestSuite, Findings) {
    let mut reader = Reader::new(root, source, env, findings);
    let suite = reader.suite(root);
    rules::check(&mut reader, &suite);
    (suite, reader.findings)
}

impl Reader<'_> {
    fn suite(&mut self, root: &Node) -> TestSuite {
        let fields = self.fields(root, &Path::Root, SUITE);
        let name = self.required(&fields, "test_suite", Self::name);
        let version = self.optional(&fields, "version", Self::text);
        let description = self.optional(&fields, "description", Self::text);
        let defaults = self.optional(&fields, "defaults", Self::defaults).unwrap_or_default();
        let agents = self
            .optional(&fields, "agents", |reader, node, path| reader.list(node, path, Self::agent));
        let tests = self.required(&fields, "tests", |reader, node, path| {
            if matches!(node, Node::List(list) if list.is_empty()) {
                reader.refuse(node, path, "a list of at least one test");
            }
            let test = |reader: &mut Self, node: &Node, path: &Path<'_>| {
                Arc::new(reader.test(node, path, &defaults))
            };
            reader.list(node, path, test)
        });
        TestSuite {
            name,
            version: version.unwrap_or_else(|| "1.0".to_owned()),
            description,
            defaults,
            agents: agents.unwrap_or_default(),
            tests,
        }
    }

    fn defaults(&mut self, node: &Node, path: &Path<'_>) -> Defaults {
        let fields = self.fields(node, path, DEFAULTS);
        let built_in = Defaults::default();
        Defaults {
            runs_per_test: self
                .optional(&fields, "runs_per_test", Self::count)
                .unwrap_or(built_in.runs_per_test),
            timeout_seconds: self
                .optional(&fields, "timeout_seconds", Self::count)
                .unwrap_or(built_in.timeout_seconds),
            scoring: self.optional(&fields, "scoring", Self::scoring).unwrap_or_default(),
            constraints: self.optional(&fields, "constraints", Self::constraints),
        }
    }

    /// Reads a suite's agent. Keys beyond the known ones are allowed and have no effect.
    fn agent(&mut self, node: &Node, path: &Path<'_>) -> AgentConfig {
        let fields = self.open_fields(node, path);
        self.check_further(node, path);
        AgentConfig {
            name: self.required(&fields, "name", Self::name),
            kind: self.optional(&fields, "type", Self::text),
            config: self.optional(&fields, "config", Self::map).unwrap_or_default(),
        }
    }

    fn check_further(&mut self, node: &Node, path: &Path<'_>) {
        let Node::Map(entries) = node else { return };
        for entry in entries {
            let key = entry.key.get(self.source);
            if !["name", "type", "config"].contains(&key) {
                self.check_variables(&entry.value, &Path::Key(path, key));
            }
        }
    }

    fn test(&mut self, node: &Node, path: &Path<'_>, defaults: &Defaults) -> TestCase {
        let fields = self.fields(node, path, TEST);
        let constraints = self.optional(&fields, "constraints", Self::constraints);
        let scoring = self.optional(&fields, "scoring", Self::scoring);
        TestCase {
            id: self.required(&fields, "id", Self::name),
            name: self.required(&fields, "name", Self::name),
            description: self.optional(&fields, "description", Self::text),
            tags: self.optional(&fields, "tags", Self::texts).unwrap_or_default(),
            task: self.required(&fields, "task", Self::task),
            constraints: inherit(constraints.unwrap_or_default(), defaults),
            assertions: self.optional(&fields, "assertions", Self::assertions).unwrap_or_default(),
            scoring: scoring.unwrap_or(defaults.scoring),
            agents: self.optional(&fields, "agents", Self::agent_names),
            mode: self.mode(&fields),
            comparison_config: self.optional(&fields, "comparison_config", Self::comparison),
            collaboration_config: self.optional(
                &fields,
                "collaboration_config",
                Self::collaboration,
            ),
            handoff_config: self.optional(&fields, "handoff_config", Self::handoff),
        }
    }

    fn mode(&mut self, fields: &Fields<'_, '_>) -> Option<Mode> {
        let read =
            |reader: &mut Self, node: &Node, path: &Path<'_>| reader.one_of(node, path, &MODES);
        self.optional(fields, "mode", read).flatten()
    }

    fn agent_names(&mut self, node: &Node, path: &Path<'_>) -> Vec<String> {
        if matches!(node, Node::List(list) if list.is_empty()) {
            self.refuse(node, path, "a list of at least one agent");
        }
        self.list(node, path, Self::name)
    }

    fn task(&mut self, node: &Node, path: &Path<'_>) -> Task {
        let fields = self.fields(node, path, TASK);
        Task {
            description: self.required(&fields, "description", Self::name),
            input_data: self.optional(&fields, "input_data", Self::map),
            expected_artifacts: self.optional(&fields, "expected_artifacts", Self::texts),
            workspace_fixture: self.optional(&fields, "workspace_fixture", Self::text),
        }
    }

    fn constraints(&mut self, node: &Node, path: &Path<'_>) -> Constraints {
        let fields = self.fields(node, path, CONSTRAINTS);
        let tools = |reader: &mut Self, node: &Node, path: &Path<'_>| match node {
            Node::Null => None,
            _ => Some(reader.texts(node, path)),
        };
        Constraints {
            max_steps: self.optional(&fields, "max_steps", Self::count),
            max_tokens: self.optional(&fields, "max_tokens", Self::count),
            timeout_seconds: self.optional(&fields, "timeout_seconds", Self::count),
            allowed_tools: self.optional(&fields, "allowed_tools", tools).flatten(),
            budget_usd: self.optional(&fields, "budget_usd", |reader, node, path| {
                reader.number(node, path, "a number of at least 0", |number| number >= 0.0)
            }),
        }
    }

    fn assertions(&mut self, node: &Node, path: &Path<'_>) -> Vec<Assertion> {
        self.list(node, path, |reader, node, path| {
            let fields = reader.fields(node, path, ASSERTION);
            Assertion {
                kind: reader.required(&fields, "type", Self::name),
                config: reader.optional(&fields, "config", Self::map).unwrap_or_default(),
                critical: reader.optional(&fields, "critical", Self::boolean).unwrap_or(false),
            }
        })
    }

    /// Reads weights. The given ones must sum to 1; the others then take their defaults.
    fn scoring(&mut self, node: &Node, path: &Path<'_>) -> ScoringWeights {
        let fields = self.fields(node, path, SCORING);
        let before = self.findings.count();
        let [quality, completeness, efficiency, cost] = [
            self.weight(&fields, "quality_weight"),
            self.weight(&fields, "completeness_weight"),
            self.weight(&fields, "efficiency_weight"),
            self.weight(&fields, "cost_weight"),
        ];
        if before == self.findings.count() && matches!(node, Node::Map(_)) {
            let given = [quality, completeness, efficiency, cost];
            rules::check_weights(self, given.into_iter().flatten().sum(), path);
        }
        let built_in = ScoringWeights::default();
        ScoringWeights {
            quality: quality.unwrap_or(built_in.quality),
            completeness: completeness.unwrap_or(built_in.completeness),
            efficiency: efficiency.unwrap_or(built_in.efficiency),
            cost: cost.unwrap_or(built_in.cost),
        }
    }

    fn weight(&mut self, fields: &Fields<'_, '_>, key: &'static str) -> Option<f64> {
        self.optional(fields, key, |reader, node, path| {
            let expected = "a number between 0 and 1";
            reader.number(node, path, expected, |number| (0.0..=1.0).contains(&number))
        })
    }

    fn comparison(&mut self, node: &Node, path: &Path<'_>) -> ComparisonConfig {
        let fields = self.fields(node, path, COMPARISON);
        let built_in = ComparisonConfig::default();
        ComparisonConfig {
            metrics: self.optional(&fields, "metrics", Self::texts).unwrap_or(built_in.metrics),
            determine_winner: self
                .optional(&fields, "determine_winner", Self::boolean)
                .unwrap_or(built_in.determine_winner),
            parallel_execution: self
                .optional(&fields, "parallel_execution", Self::boolean)
                .unwrap_or(built_in.parallel_execution),
        }
    }

    fn collaboration(&mut self, node: &Node, path: &Path<'_>) -> CollaborationConfig {
        let fields = self.fields(node, path, COLLABORATION);
        let built_in = CollaborationConfig::default();
        CollaborationConfig {
            max_turns: self
                .optional(&fields, "max_turns", Self::count)
                .unwrap_or(built_in.max_turns),
            turn_timeout_seconds: self
                .optional(&fields, "turn_timeout_seconds", Self::seconds)
                .unwrap_or(built_in.turn_timeout_seconds),
            require_consensus: self
                .optional(&fields, "require_consensus", Self::boolean)
                .unwrap_or(built_in.require_consensus),
            allow_parallel_turns: self
                .optional(&fields, "allow_parallel_turns", Self::boolean)
                .unwrap_or(built_in.allow_parallel_turns),
            coordinator_agent: self
                .optional(&fields, "coordinator_agent", Self::text_or_null)
                .flatten(),
            termination_condition: self.choice(&fields, "termination_condition", &TERMINATIONS),
        }
    }

    fn handoff(&mut self, node: &Node, path: &Path<'_>) -> HandoffConfig {
        let fields = self.fields(node, path, HANDOFF);
        let built_in = HandoffConfig::default();
        HandoffConfig {
            handoff_trigger: self.choice(&fields, "handoff_trigger", &TRIGGERS),
            context_accumulation: self.choice(&fields, "context_accumulation", &ACCUMULATIONS),
            max_context_size: self
                .optional(&fields, "max_context_size", Self::count_or_null)
                .flatten(),
            allow_backtrack: self
                .optional(&fields, "allow_backtrack", Self::boolean)
                .unwrap_or(built_in.allow_backtrack),
            final_agent_decides: self
                .optional(&fields, "final_agent_decides", Self::boolean)
                .unwrap_or(built_in.final_agent_decides),
            agent_timeout_seconds: self
                .optional(&fields, "agent_timeout_seconds", Self::seconds)
                .unwrap_or(built_in.agent_timeout_seconds),
            continue_on_failure: self
                .optional(&fields, "continue_on_failure", Self::boolean)
                .unwrap_or(built_in.continue_on_failure),
        }
    }

    fn seconds(&mut self, node: &Node, path: &Path<'_>) -> f64 {
        self.number(node, path, "a number above 0", |number| number > 0.0)
    }

    fn choice<T: Copy + Default>(
        &mut self,
        fields: &Fields<'_, '_>,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> T {
        let read =
            |reader: &mut Self, node: &Node, path: &Path<'_>| reader.one_of(node, path, choices);
        self.optional(fields, key, read).flatten().unwrap_or_default()
    }
}

/// Fills the constraints that a test leaves unset. An empty list of tools counts as set.
fn inherit(own: Constraints, defaults: &Defaults) -> Constraints {
    let Some(shared) = &defaults.constraints else { return own };
    Constraints {
        max_steps: own.max_steps.or(shared.max_steps),
        max_tokens: own.max_tokens.or(shared.max_tokens),
        timeout_seconds: own.timeout_seconds.or(shared.timeout_seconds),
        allowed_tools: own.allowed_tools.or_else(|| shared.allowed_tools.clone()),
        budget_usd: own.budget_usd.or(shared.budget_usd),
    }
}
