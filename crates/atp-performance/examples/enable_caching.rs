//! Enable caching: a suite that has not changed is parsed once, and an edit is seen at once.
//!
//!     cargo run --release -p atp-performance --example enable_caching
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use atp_performance::CachedTestLoader;
use std::{error::Error, fmt::Write, fs, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("regression.yaml");
    fs::write(&path, suite("regression", 100)?)?;

    // One loader for the whole program; `CachedTestLoader::new()` ones share a cache anyway.
    let loader = CachedTestLoader::new();
    for turn in ["first load", "again", "and again", "after an edit", "again"] {
        if turn == "after an edit" {
            fs::write(&path, suite("renamed", 100)?)?;
        }
        let start = Instant::now();
        let suite = loader.load_file(&path)?;
        println!("{turn:<14} {:<11} {:>10.1?}", suite.name, start.elapsed());
    }
    let stats = loader.cache_stats();
    println!("\nhit rate {:.0} %, {} stale", stats.hit_rate() * 100.0, stats.stale);
    if let Some(explanation) = loader.explain(&path) {
        println!("last lookup: {explanation}");
    }
    Ok(())
}

/// Writes a suite with that many tests.
fn suite(name: &str, tests: usize) -> Result<String, std::fmt::Error> {
    let mut text = format!("test_suite: {name}\ntests:\n");
    for n in 0..tests {
        writeln!(text, "  - {{id: t{n}, name: Test {n}, task: {{description: Write file {n}}}}}")?;
    }
    Ok(text)
}
