//! Agreement with what the existing platform says of some hundred files: its verdict on each,
//! and the model of those that are valid.

use std::path::Path;

use atp_suite::{Environment, ProblemKind, load_str};
use serde_json::Value;

#[test]
fn agrees_with_the_existing_platform() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/suites/corpus.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: {} is not here", file.display());
        return;
    };
    let corpus: Value = serde_json::from_str(&text).unwrap();
    let env = corpus["env"].as_object().unwrap();
    let env: Environment =
        env.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let cases = corpus["cases"].as_object().unwrap();
    assert_eq!(cases.len(), 340);
    let mut disagreements = Vec::new();
    for (name, case) in cases {
        if let Err(disagreement) = compare(case, &env) {
            disagreements.push(format!("{name}: {disagreement}"));
        }
    }
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
    println!("{} cases agree", cases.len());
}

fn compare(case: &Value, env: &Environment) -> Result<(), String> {
    let valid = case["valid"].as_bool().unwrap();
    match load_str(case["text"].as_str().unwrap(), env) {
        Ok(_) if !valid => Err(format!("accepted, expected {}", case["error"])),
        Ok(suite) => {
            let ours = serde_json::to_value(&suite).unwrap();
            let theirs = &case["model"];
            if ours == *theirs { Ok(()) } else { Err(format!("\n  {ours}\n  {theirs}")) }
        }
        Err(error) if valid => Err(format!("refused: {error}")),
        Err(error) => {
            // Theirs stops at the first stage that fails, ours names problems of all of them.
            let parse = |kind| matches!(kind, ProblemKind::Syntax | ProblemKind::Read);
            let ours = error.problems().iter().any(|problem| parse(problem.kind));
            let theirs = case["kind"] == "ParseError";
            if ours == theirs { Ok(()) } else { Err(format!("wrong kind: {error}")) }
        }
    }
}
