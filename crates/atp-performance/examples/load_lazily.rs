//! Lazily load heavy parts: a start pays for what it uses, and shows what that cost.
//!
//!     cargo run --release -p atp-performance --example load_lazily
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use atp_performance::{DeferredRegistry, LazyModule, StartupAnalyzer, phase};
use std::{collections::BTreeMap, error::Error, sync::Arc};

static DICTIONARY: LazyModule<BTreeMap<u64, String>> =
    LazyModule::new("dictionary", || (0..100_000).map(|n| (n, n.to_string())).collect());
static SPELLING: LazyModule<Vec<String>> =
    LazyModule::new("spelling", || DICTIONARY.get().values().rev().cloned().collect());
/// As heavy as the others, and not asked for in this run.
static GRAMMAR: LazyModule<Vec<u64>> = LazyModule::new("grammar", || (0..10_000_000).collect());

fn main() -> Result<(), Box<dyn Error>> {
    let analyzer = StartupAnalyzer::start();
    let checkers = {
        let _phase = phase("set_up");
        let checkers: DeferredRegistry<&str, Arc<usize>> = DeferredRegistry::new("checkers");
        checkers.register("spelling", || Arc::new(SPELLING.get().len()))?;
        checkers.register("grammar", || Arc::new(GRAMMAR.get().len()))?;
        checkers
    };
    println!("set up, and nothing is built: {}", !SPELLING.is_loaded() && !GRAMMAR.is_loaded());

    println!("the spelling checker knows {} words\n", checkers.get("spelling")?);
    print!("{}", analyzer.stop().format_tree());
    println!("\ngrammar was never built: {}", !checkers.is_created("grammar"));
    Ok(())
}
