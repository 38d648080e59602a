//! A suite, an agent, and how the one is run against the other.

use crate::agent::Agent;
use crate::digest;
use crate::error::RunError;
use crate::observer::Observer;
use crate::options::RunOptions;
#[cfg(feature = "redis")]
use crate::pace::SharedRate;
use crate::pace::{Limiter, Pace};
use crate::plan;
use crate::session;
use crate::shard::{Shard, ShardPlan};
use crate::shared::Shared;
use crate::slots::Slots;
use crate::workspace::Workspaces;
use atp_adapter::CancellationToken;
use atp_journal::{Header, Journal, PlannedTest, Recording, ShardRecord};
use atp_suite::{TagFilter, TestCase, TestSuite};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::time::Instant;

/// Runs the tests of one suite against one agent.
#[derive(Debug)]
pub struct Runner {
    suite: Arc<TestSuite>,
    suite_dir: PathBuf,
    suite_hash: String,
    agent: Agent,
    options: RunOptions,
    limiter: Limiter,
    tests: Vec<Arc<TestCase>>,
    shard: Option<ShardRecord>,
}

impl Runner {
    /// Creates a runner for all tests of `suite`, whose fixtures lie below `suite_dir`.
    ///
    /// # Errors
    ///
    /// [`RunError::Zero`], [`RunError::TooLarge`] and [`RunError::Rate`] for options that cannot
    /// work.
    pub fn new(
        suite: Arc<TestSuite>,
        suite_dir: &Path,
        agent: Agent,
        options: RunOptions,
    ) -> Result<Self, RunError> {
        let limiter = options.check()?;
        let (suite_hash, tests) = (digest::of_suite(&suite), suite.tests.clone());
        let suite_dir = suite_dir.to_owned();
        Ok(Self { suite, suite_dir, suite_hash, agent, options, limiter, tests, shard: None })
    }

    /// Leaves out the tests that `tags` does not keep, and if there are `ids` those that are not
    /// among them. Returns how many are left, which may be none.
    ///
    /// # Errors
    ///
    /// [`RunError::UnknownTest`] for an identifier that no test of the suite has. Nothing is left
    /// out then.
    pub fn select(&mut self, tags: Option<&TagFilter>, ids: &[String]) -> Result<usize, RunError> {
        let known: HashSet<&str> = self.suite.tests.iter().map(|test| test.id.as_str()).collect();
        if let Some(id) = ids.iter().find(|id| !known.contains(id.as_str())) {
            return Err(RunError::UnknownTest { id: id.clone() });
        }
        let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
        self.tests.retain(|test| {
            tags.is_none_or(|tags| tags.matches(&test.tags))
                && (wanted.is_empty() || wanted.contains(test.id.as_str()))
        });
        Ok(self.tests.len())
    }

    /// Leaves out the tests of other shards, and puts the longest first. Returns the plan, which
    /// is the same wherever the same tests were selected and the same `past` is given.
    pub fn take_shard(&mut self, shard: Shard, past: Option<&Recording>) -> ShardPlan {
        let ids = self.tests.iter().map(|test| test.id.as_str());
        let plan = ShardPlan::new(ids.clone(), shard.count(), past);
        let in_suite: HashMap<&str, u32> = ids.zip(0..).collect();
        let of_shard = plan.tests(shard).iter().map(|id| in_suite[id.as_str()]).collect();
        let record = ShardRecord::new(shard.index(), shard.count(), plan.hash(), of_shard);
        let places: HashMap<&str, usize> =
            plan.tests(shard).iter().map(String::as_str).zip(0..).collect();
        self.tests.retain(|test| places.contains_key(test.id.as_str()));
        self.tests.sort_by_key(|test| places[test.id.as_str()]);
        self.shard = Some(record);
        plan
    }

    /// Has attempts begin at a rate that is shared, instead of the one of the options.
    ///
    /// If that rate cannot be kept, for its server is away and the policy says so, the run ends
    /// with [`RunError::RateLost`].
    #[cfg(feature = "redis")]
    #[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
    pub fn share_rate(&mut self, rate: SharedRate) {
        self.limiter = Limiter::Shared(rate);
    }

    /// Returns what a journal of this begins with. The file of the suite is not known here.
    #[must_use]
    pub fn header(&self) -> Header {
        let (suite, agent) = (&self.suite.name, &self.agent);
        let mut header =
            Header::new(suite.as_str(), self.suite_hash.as_str(), agent.name(), agent.kind());
        header.parallel = self.options.parallel;
        header.runs_per_test = self.runs();
        let planned = |test: &Arc<TestCase>| {
            PlannedTest::new(test.id.as_str(), test.name.as_str()).with_tags(&test.tags)
        };
        header.tests = self.tests.iter().map(planned).collect();
        header.shard.clone_from(&self.shard);
        header
    }

    /// Runs the tests that have no verdict in `already`, writes everything to `journal` as it
    /// happens, and returns `already` with what was added.
    ///
    /// An agent that fails, hangs or crashes is in the record of its run and ends nothing else.
    /// So is a panic of an adapter.
    ///
    /// # Cancellation and panics
    ///
    /// When `stop` is cancelled no run begins any more, and the adapters end the agents that are
    /// at work. Runs that were stopped so are recorded as skipped, and their tests get no verdict:
    /// resume with them. Dropping the future has the agents end at once and without a grace, and
    /// the journal lacks its session, as if the process had been killed.
    ///
    /// # Errors
    ///
    /// [`RunError::OtherRecording`] if `already` is of another suite or agent,
    /// [`RunError::KeepWorkspaces`], and with everything that is known [`RunError::Journal`] if
    /// the journal cannot be written and [`RunError::RateLost`] if a shared rate cannot be kept.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with time (and with I/O, where the adapter needs it).
    pub async fn run(
        &self,
        journal: Journal,
        already: Recording,
        stop: CancellationToken,
        observer: &dyn Observer,
    ) -> Result<Recording, RunError> {
        let began = Instant::now();
        self.check_recording(&already.header)?;
        let keep = self.options.keep_workspaces.as_deref();
        let workspaces = Workspaces::new(keep).map_err(|error| RunError::KeepWorkspaces {
            path: keep.unwrap_or(Path::new("")).to_owned(),
            reason: error.to_string(),
        })?;
        let runs = self.runs();
        let planned = plan::plan(&self.tests, self.agent.name(), runs, &already);
        let stop_runs = stop.child_token();
        let pace = Pace::new(self.limiter.clone(), stop_runs.clone());
        let shared = Arc::new(Shared {
            suite: Arc::clone(&self.suite),
            suite_dir: self.suite_dir.clone(),
            agent: self.agent.clone(),
            options: self.options.clone(),
            journal,
            slots: Slots::new(self.options.parallel, pace),
            workspaces,
            stop: stop_runs,
            began,
        });
        session::work(shared, planned, already, runs, stop, observer).await
    }

    /// Returns how often each test runs.
    fn runs(&self) -> u32 {
        let suite = u32::try_from(self.suite.defaults.runs_per_test).unwrap_or(u32::MAX);
        self.options.runs.unwrap_or(suite)
    }

    fn check_recording(&self, header: &Header) -> Result<(), RunError> {
        let own = (self.suite_hash.as_str(), self.agent.name());
        if (header.suite_hash.as_str(), header.agent.as_str()) == own {
            return Ok(());
        }
        let named = |suite: &str, hash: &str, agent: &str| {
            format!("suite {suite:?} ({hash}) with agent {agent:?}")
        };
        Err(RunError::OtherRecording {
            expected: named(&self.suite.name, own.0, own.1),
            found: named(&header.suite, &header.suite_hash, &header.agent),
        })
    }
}
