//! Profile before you optimise: the five operations that took most time themselves.
//!
//!     cargo run --release -p atp-performance --example profile_first
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use atp_performance::{
    Check, Environment, Evaluation, Limits, ProfileFutureExt, Request, Score, Scorer, TestCase,
    TestScore, TestSuite, enable_profiling, gather_with_limit, profiled, suite,
};
use std::{error::Error, time::Duration};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let profiler = enable_profiling();
    let suite = load()?;
    let runs = suite.tests.iter().map(|test| run_test(test));
    let scores = gather_with_limit(runs, 10).profiled("suite_run").await?;
    let scores: Vec<_> = scores.into_iter().collect::<Result<_, _>>()?;
    println!("{} tests, {} passed\n", scores.len(), scores.iter().filter(|s| s.passed).count());

    let mut operations: Vec<_> = profiler.stats().into_values().collect();
    operations.sort_by_key(|stats| std::cmp::Reverse(stats.self_time));
    println!("the five slowest operations, by the time spent in themselves");
    println!("{:<16} {:>5} {:>10} {:>10} {:>10}", "operation", "calls", "self", "waiting", "p99");
    for stats in operations.iter().take(5) {
        let (own, waiting) = (stats.self_time, stats.idle);
        let p99 = stats.p99.unwrap_or_default();
        println!(
            "{:<16} {:>5} {own:>10.1?} {waiting:>10.1?} {p99:>10.1?}",
            stats.operation, stats.count
        );
    }
    Ok(())
}

#[profiled]
fn load() -> Result<TestSuite, Box<dyn Error>> {
    let tests = (0..50).map(|n| {
        let task = format!("task: {{description: Write file {n} and name it after the test}}");
        format!("  - {{id: t{n}, name: Test {n}, {task}}}\n")
    });
    let text = format!("test_suite: profiled\ntests:\n{}", tests.collect::<String>());
    Ok(suite::load_str(&text, &Environment::process())?)
}

#[profiled]
async fn run_test(test: &TestCase) -> Result<TestScore, Box<dyn Error>> {
    let answer = agent(request(test)?).await;
    Ok(score(test, &evaluate(&answer)?))
}

#[profiled]
fn request(test: &TestCase) -> Result<String, Box<dyn Error>> {
    Ok(Request::new(test.id.as_str(), test.task.description.as_str()).to_json()?)
}

/// Thinks for 5 ms, and does nothing meanwhile: waiting is not work, and the table tells them apart.
#[profiled]
async fn agent(request: String) -> String {
    tokio::time::sleep(Duration::from_millis(5)).await;
    request.repeat(200)
}

/// The one to look at: it searches the answer once for each of its words.
#[profiled]
fn evaluate(answer: &str) -> Result<Vec<Evaluation>, Box<dyn Error>> {
    let words = answer.split(' ').take(300);
    let repeated = words.filter(|word| answer.matches(word).count() > 100).count();
    let found = Check::new("repeats itself", repeated > 0, Score::new(1.0)?);
    Ok(vec![Evaluation::new("artifact", vec![found])])
}

#[profiled]
fn score(test: &TestCase, evaluations: &[Evaluation]) -> TestScore {
    Scorer::new().score(&test.id, evaluations, None, &Limits::default())
}
