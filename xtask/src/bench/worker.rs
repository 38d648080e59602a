//! A built worker binary and what it answers.

use super::{Failure, rounds::Plan};
use atp_bench::{
    BenchmarkSuite, figure,
    worker::{Calibrated, Counted, Listed, SCHEMA, Sampled},
};
use serde::de::DeserializeOwned;
use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

/// A process that has not answered by then is ended.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);
/// The same for a run of all benchmarks.
const SUITES_WITHIN: Duration = Duration::from_secs(900);
/// Samples of one process.
const SAMPLES: u64 = 10;
/// Samples where threads or an executor take part.
const CONCURRENT_SAMPLES: u64 = 30;
/// Calls whose allocations are counted.
const COUNTED: u64 = 16;
/// Processes of which the smallest count is taken: a thread may add, none can take away.
const COUNTS: usize = 3;

/// How often, and how far apart, a program that is busy is started again.
const BUSY_ATTEMPTS: usize = 500;
const BUSY_PAUSE: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Worker {
    binary: PathBuf,
}

/// What one call allocates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Allocations {
    pub(super) count: f64,
    pub(super) bytes: f64,
}

impl Worker {
    pub(super) fn new(binary: impl Into<PathBuf>) -> Self {
        Self { binary: binary.into() }
    }

    pub(super) fn binary(&self) -> &Path {
        &self.binary
    }

    /// Returns the benchmarks that the binary has.
    pub(super) fn list(&self) -> Result<Vec<Listed>, Failure> {
        self.ask(&["--list", "--json"], ANSWER_WITHIN)
    }

    /// Runs the standard suites.
    pub(super) fn suites(&self) -> Result<Vec<BenchmarkSuite>, Failure> {
        let suites: Vec<serde_json::Value> = self.ask(&["--suites", "--json"], SUITES_WITHIN)?;
        let read = |suite: &serde_json::Value| BenchmarkSuite::from_json(&suite.to_string());
        Ok(suites.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Measures chains of dependent steps beside chains twice as long.
    pub(super) fn chains(&self) -> Result<BenchmarkSuite, Failure> {
        let suite: serde_json::Value = self.ask(&["--chains", "--json"], ANSWER_WITHIN)?;
        Ok(BenchmarkSuite::from_json(&suite.to_string())?)
    }

    /// Returns how many calls of a benchmark last about a millisecond.
    pub(super) fn calibrate(&self, name: &str) -> Result<u64, Failure> {
        let answer: Calibrated =
            self.ask(&["--exact", name, "--calibrate", "--json"], ANSWER_WITHIN)?;
        self.check(answer.schema)?;
        Ok(answer.iterations.max(1))
    }

    /// Starts a process, takes its samples and returns its figure: nanoseconds a call.
    pub(super) fn figure(&self, plan: &Plan) -> Result<f64, Failure> {
        let samples = if plan.concurrent { CONCURRENT_SAMPLES } else { SAMPLES };
        let (calls, samples) = (plan.calls_made().to_string(), samples.to_string());
        let words = ["--exact", &plan.name, "--iters", &calls, "--samples", &samples, "--json"];
        let answer: Sampled = self.ask(&words, ANSWER_WITHIN)?;
        self.check(answer.schema)?;
        let each = |nanos: &u64| *nanos as f64 / plan.iterations as f64;
        let nanos: Vec<f64> = answer.samples_ns.iter().map(each).collect();
        let figure = figure(&nanos, plan.concurrent).filter(|nanos| *nanos > 0.0);
        figure
            .ok_or_else(|| format!("{}: {} took no time", self.binary.display(), plan.name).into())
    }

    /// Returns what one call allocates, if the binary counts it.
    pub(super) fn allocations(&self, name: &str) -> Result<Option<Allocations>, Failure> {
        let (mut count, mut bytes) = (None, None);
        for _ in 0..COUNTS {
            let calls = COUNTED.to_string();
            let words = ["--exact", name, "--count", &calls, "--json"];
            let answer: Counted = self.ask(&words, ANSWER_WITHIN)?;
            self.check(answer.schema)?;
            count = smaller(count, answer.allocations);
            bytes = smaller(bytes, answer.allocated_bytes);
        }
        let each = |total: u64| total as f64 / COUNTED as f64;
        let both = count.zip(bytes);
        Ok(both.map(|(count, bytes)| Allocations { count: each(count), bytes: each(bytes) }))
    }

    fn check(&self, schema: u64) -> Result<(), Failure> {
        if schema == SCHEMA {
            return Ok(());
        }
        Err(format!("{} answers in schema {schema}, not {SCHEMA}", self.binary.display()).into())
    }

    fn ask<T: DeserializeOwned>(&self, words: &[&str], within: Duration) -> Result<T, Failure> {
        let failed =
            |what: String| format!("{} {}: {what}", self.binary.display(), words.join(" "));
        let answer = answer(Command::new(&self.binary).args(words), within).map_err(failed)?;
        serde_json::from_str(&answer).map_err(|error| failed(error.to_string()).into())
    }
}

fn smaller(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    a.into_iter().chain(b).min()
}

/// Starts the command. A program that this process has just written may be open for writing a
/// moment longer in a child that another thread is starting, and is then refused as busy.
fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 0..BUSY_ATTEMPTS {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(BUSY_PAUSE);
            }
            ended => return ended,
        }
    }
    command.spawn()
}

/// Returns what the command prints, and ends it if it takes too long.
pub(super) fn answer(command: &mut Command, within: Duration) -> Result<String, String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = spawn(command).map_err(|error| error.to_string())?;
    let mut stdout = child.stdout.take().expect("its output is piped");
    let child = Mutex::new(child);
    let (done, over) = mpsc::channel::<()>();
    let mut text = String::new();
    let (read, late) = thread::scope(|scope| {
        let child = &child;
        let watch = scope.spawn(move || {
            let late = over.recv_timeout(within) == Err(mpsc::RecvTimeoutError::Timeout);
            // A process that ended by itself meanwhile is as good as one that was ended.
            late && child.lock().is_ok_and(|mut child| child.kill().is_ok())
        });
        let read = stdout.read_to_string(&mut text);
        drop(done);
        (read, watch.join().unwrap_or(false))
    });
    let mut child = child.into_inner().map_err(|error| error.to_string())?;
    let status = child.wait().map_err(|error| error.to_string())?;
    if late {
        return Err(format!("no answer within {} s", within.as_secs()));
    }
    read.map_err(|error| error.to_string())?;
    if status.success() { Ok(text) } else { Err(format!("ended with {status}")) }
}
