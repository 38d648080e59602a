//! What each kind of span says.

use crate::attributes::{Attributes, cut};
use crate::gen_ai;
use crate::timeline::{Interval, after};
use crate::trace::{Draft, Trace};
use crate::tree::TestNode;
use atp_journal::{AttemptRecord, Ledger, RunRecord, RunStatus, TestStatus};
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_semantic_conventions::attribute as semconv;

impl Trace<'_> {
    pub(crate) fn suite(&self) -> Draft {
        let header = self.header;
        let count = |status: TestStatus| self.tree.count(status) as u64;
        let passed = count(TestStatus::Passed) + count(TestStatus::Flaky);
        let bad = [TestStatus::Failed, TestStatus::Timeout, TestStatus::Error].map(count);
        let bad = bad.iter().sum::<u64>();
        let unfinished = self.tree.unfinished() as u64;
        let tests = self.tree.tests.len();
        let (outcome, status) = if bad > 0 {
            ("failure", Status::error(format!("{bad} of {tests} tests did not pass")))
        } else if unfinished > 0 {
            ("aborted", Status::error(format!("{unfinished} of {tests} tests have no verdict")))
        } else if passed > 0 {
            ("success", Status::Ok)
        } else {
            ("skipped", Status::Unset)
        };
        let shard = header.shard.as_ref();
        let attributes = Attributes::default()
            .text("atp.span", "suite")
            .count("atp.schema", u64::from(header.schema))
            .text(semconv::TEST_SUITE_NAME, &header.suite)
            .text(semconv::TEST_SUITE_RUN_STATUS, outcome)
            .text("atp.suite.hash", &header.suite_hash)
            .text(gen_ai::AGENT_NAME, &header.agent)
            .text("atp.adapter", &header.adapter)
            .count("atp.parallel", u64::from(header.parallel))
            .count("atp.runs_per_test", u64::from(header.runs_per_test))
            .count("atp.shard.index", shard.map(|shard| u64::from(shard.index)))
            .count("atp.shard.count", shard.map(|shard| u64::from(shard.count)))
            .count("atp.tests.planned", header.tests.len() as u64)
            .count("atp.tests.passed", count(TestStatus::Passed))
            .count("atp.tests.flaky", count(TestStatus::Flaky))
            .count("atp.tests.failed", count(TestStatus::Failed))
            .count("atp.tests.timeout", count(TestStatus::Timeout))
            .count("atp.tests.error", count(TestStatus::Error))
            .count("atp.tests.skipped", count(TestStatus::Skipped))
            .count("atp.tests.unfinished", unfinished);
        let name = format!("suite {}", header.suite);
        draft(name, self.timeline.whole(), status, attributes)
    }

    pub(crate) fn test(&self, test: &TestNode<'_>) -> Draft {
        let attributes = Attributes::default()
            .text("atp.span", "test")
            .text("atp.test.id", test.id)
            .text(semconv::TEST_CASE_NAME, test.name())
            .texts("atp.test.tags", test.planned.map_or(&[][..], |planned| &planned.tags));
        let (status, attributes) = match test.verdict {
            None => (Status::Unset, attributes),
            Some(verdict) => {
                let attributes = attributes
                    .text("atp.test.status", verdict.status.as_str())
                    .number("atp.score", verdict.score)
                    .flag("atp.test.unasserted", verdict.unasserted);
                let reason = verdict.error.as_deref().unwrap_or(verdict.status.as_str());
                match verdict.status {
                    TestStatus::Passed | TestStatus::Flaky => {
                        (Status::Ok, attributes.text(semconv::TEST_CASE_RESULT_STATUS, "pass"))
                    }
                    TestStatus::Failed | TestStatus::Timeout | TestStatus::Error => {
                        let attributes = attributes
                            .text(semconv::TEST_CASE_RESULT_STATUS, "fail")
                            .text(semconv::ERROR_TYPE, verdict.status.as_str());
                        (Status::error(cut(reason)), attributes)
                    }
                    TestStatus::Skipped => (Status::Unset, attributes.text("atp.reason", reason)),
                }
            }
        };
        draft(format!("test {}", test.id), self.interval_of(test), status, attributes)
    }

    pub(crate) fn run(&self, run: &RunRecord) -> Draft {
        let metrics = run.metrics.as_ref();
        let attributes = Attributes::default()
            .text("atp.span", "run")
            .text("atp.test.id", &run.test)
            .count("atp.run.number", u64::from(run.run))
            .text("atp.run.status", run.status.as_str())
            .count("atp.slot", u64::from(run.slot))
            .count("atp.session", u64::from(run.session))
            .flag("atp.time.estimated", self.timeline.is_estimated(run))
            .number("atp.score", run.score)
            .count("atp.events.valid", run.events)
            .count("atp.events.invalid", run.invalid_events)
            .count("atp.events.misordered", run.misordered_events)
            .count("atp.events.dropped", run.dropped_events)
            .flag("atp.agent.leaky", run.leaky)
            .count("atp.agent.ended_processes", u64::from(run.ended_processes))
            .count("atp.agent.remaining_processes", u64::from(run.remaining_processes))
            .number("atp.agent.cpu_seconds", run.agent_cpu_seconds)
            .count("atp.agent.peak_rss_bytes", run.peak_rss_bytes)
            .number("atp.agent.cost_usd", metrics.and_then(|metrics| metrics.cost_usd));
        let attributes = ledger(attributes, &run.ledger);
        let (status, attributes) = judged(run.status, run.error.as_deref(), attributes);
        draft(format!("run {}", run.run), self.timeline.of_run(run), status, attributes)
    }

    pub(crate) fn attempt(&self, run: &RunRecord, attempt: &AttemptRecord, number: u32) -> Draft {
        let start = self.timeline.at(run, attempt.started_seconds);
        let end = after(after(start, attempt.spawn_seconds), attempt.agent_seconds);
        let attributes = Attributes::default()
            .text("atp.span", "attempt")
            .text("atp.test.id", &run.test)
            .count("atp.run.number", u64::from(run.run))
            .count("atp.attempt.number", u64::from(number))
            .text("atp.attempt.status", attempt.status.as_str())
            .number("atp.attempt.wait_seconds", attempt.wait_seconds)
            .number("atp.attempt.spawn_seconds", attempt.spawn_seconds);
        let (status, attributes) = judged(attempt.status, attempt.error.as_deref(), attributes);
        draft(format!("attempt {number}"), (start, end), status, attributes)
    }

    pub(crate) fn agent(&self, run: &RunRecord, attempt: &AttemptRecord, number: u32) -> Draft {
        let agent = self.header.agent.as_str();
        let attempt_start = self.timeline.at(run, attempt.started_seconds);
        let start = after(attempt_start, attempt.spawn_seconds);
        let end = after(start, attempt.agent_seconds);
        // What the agent says it used, it says with its answer, which is that of the last attempt.
        let is_last = number as usize == run.attempts.len();
        let usage = run.metrics.as_ref().filter(|_| is_last);
        let attributes = Attributes::default()
            .text("atp.span", "agent")
            .text(gen_ai::OPERATION_NAME, "invoke_agent")
            .text(gen_ai::AGENT_NAME, agent)
            .text("atp.adapter", &self.header.adapter)
            .count(gen_ai::INPUT_TOKENS, usage.and_then(|usage| usage.input_tokens))
            .count(gen_ai::OUTPUT_TOKENS, usage.and_then(|usage| usage.output_tokens))
            .count(
                gen_ai::CACHE_CREATION_TOKENS,
                usage.and_then(|usage| usage.cache_creation_tokens),
            )
            .count(gen_ai::CACHE_READ_TOKENS, usage.and_then(|usage| usage.cache_read_tokens))
            .count("atp.agent.tool_calls", usage.and_then(|usage| usage.tool_calls))
            .count("atp.agent.llm_calls", usage.and_then(|usage| usage.llm_calls));
        let (status, attributes) = match attempt.status {
            // It answered; what was asserted of the answer is a matter of the attempt.
            RunStatus::Failed => (Status::Unset, attributes),
            status => judged(status, attempt.error.as_deref(), attributes),
        };
        let kind =
            if self.header.adapter == "http" { SpanKind::Client } else { SpanKind::Internal };
        Draft { kind, ..draft(format!("invoke_agent {agent}"), (start, end), status, attributes) }
    }

    /// From the first run of a test to the end of its last.
    fn interval_of(&self, test: &TestNode<'_>) -> Interval {
        let runs = test.runs.values().map(|run| self.timeline.of_run(run));
        let all = runs.reduce(|all, run| (all.0.min(run.0), all.1.max(run.1)));
        all.unwrap_or_else(|| (self.timeline.whole().0, self.timeline.whole().0))
    }
}

fn draft(name: String, interval: Interval, status: Status, attributes: Attributes) -> Draft {
    Draft { name, kind: SpanKind::Internal, interval, status, attributes }
}

/// Adds why a run or an attempt did not pass.
fn judged(status: RunStatus, error: Option<&str>, attributes: Attributes) -> (Status, Attributes) {
    let reason = error.unwrap_or(status.as_str());
    match status {
        RunStatus::Passed => (Status::Ok, attributes),
        RunStatus::Failed | RunStatus::Timeout | RunStatus::Error => {
            let attributes = attributes.text(semconv::ERROR_TYPE, status.as_str());
            (Status::error(cut(reason)), attributes)
        }
        RunStatus::Skipped => (Status::Unset, attributes.text("atp.reason", reason)),
    }
}

fn ledger(attributes: Attributes, ledger: &Ledger) -> Attributes {
    attributes
        .number("atp.ledger.queue_seconds", ledger.queue)
        .number("atp.ledger.limiter_seconds", ledger.limiter)
        .number("atp.ledger.retry_wait_seconds", ledger.retry_wait)
        .number("atp.ledger.spawn_seconds", ledger.spawn)
        .number("atp.ledger.agent_seconds", ledger.agent)
        .number("atp.ledger.events_seconds", ledger.events)
        .number("atp.ledger.evaluation_seconds", ledger.evaluation)
        .number("atp.ledger.journal_seconds", ledger.journal)
        .number("atp.ledger.cleanup_seconds", ledger.cleanup)
        .number("atp.ledger.workspace_seconds", ledger.workspace)
        .number("atp.ledger.other_seconds", ledger.other)
}
