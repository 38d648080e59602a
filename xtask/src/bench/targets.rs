//! NFR-001: what the platform promises, as the `atp` program measures it by itself.

use super::{
    Failure,
    output::{End, Grid, Section},
};
use serde::Deserialize;
use serde_json::Value;
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// The form of the self-test's output that is understood here.
const SCHEMA: u64 = 1;

pub(super) struct Targets {
    shown: Vec<Target>,
    /// The same as the program printed them.
    json: Value,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    promised: String,
    measured_text: String,
    margin_text: String,
    met: bool,
}

/// Runs the program's self-test.
pub(super) fn measure(program: &Path) -> Result<Targets, Failure> {
    let mut command = Command::new(program);
    command.args(["selftest", "--format", "json"]).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("{}: {error}", program.display()))?;
    // Its exit code says whether the targets are met, which the output says as well.
    Targets::read(&output.stdout).map_err(|error| {
        format!("{} selftest ended with {}: {error}", program.display(), output.status).into()
    })
}

impl Targets {
    fn read(json: &[u8]) -> Result<Self, Failure> {
        let mut whole: Value = serde_json::from_slice(json)?;
        if whole["schema"] != SCHEMA {
            return Err(format!("expected schema {SCHEMA}, found {}", whole["schema"]).into());
        }
        let json = whole["targets"].take();
        let shown: Vec<Target> = Vec::deserialize(&json)?;
        if shown.is_empty() {
            return Err("it measured no target".into());
        }
        Ok(Self { shown, json })
    }

    fn grid(&self) -> Grid {
        let mut grid = Grid::new(["target", "promised", "measured", "margin", "met"]);
        for target in &self.shown {
            let met = if target.met { "yes" } else { "NO" };
            let Target { name, promised, measured_text, margin_text, .. } = target;
            grid.push([name, promised, measured_text, margin_text, met].map(str::to_owned));
        }
        grid
    }
}

impl Section for Targets {
    fn key(&self) -> &'static str {
        "targets"
    }

    fn text(&self) -> String {
        format!("Platform targets (NFR-001)\n\n{}", self.grid().text())
    }

    fn markdown(&self) -> String {
        format!("### Platform targets (NFR-001)\n\n{}", self.grid().markdown())
    }

    fn json(&self) -> Value {
        self.json.clone()
    }

    fn end(&self) -> End {
        if self.shown.iter().all(|target| target.met) { End::Pass } else { End::Failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn start_up(met: bool) -> Value {
        json!({
            "name": "CLI start-up", "promised": "< 2 s", "unit": "seconds", "measured": 0.001,
            "limit": 2.0, "margin": 2000.0, "met": met, "measured_text": "1.00 ms",
            "margin_text": "2000x",
        })
    }

    fn read(schema: u64, targets: &[Value]) -> Result<Targets, Failure> {
        Targets::read(json!({"schema": schema, "targets": targets}).to_string().as_bytes())
    }

    #[test]
    fn a_missed_target_fails() {
        assert_eq!(read(1, &[start_up(true)]).unwrap().end(), End::Pass);
        let missed = read(1, &[start_up(true), start_up(false)]).unwrap();
        assert_eq!(missed.end(), End::Failed);
        assert_eq!(missed.json()[1]["met"], false);
        assert!(missed.markdown().contains("| CLI start-up | < 2 s | 1.00 ms | 2000x | NO |"));
        assert!(missed.text().contains("1.00 ms   2000x  yes"), "{}", missed.text());
    }

    #[test]
    fn what_is_no_self_test_is_an_error() {
        assert!(read(2, &[start_up(true)]).is_err());
        assert!(read(1, &[]).is_err() && read(1, &[json!({"name": "x"})]).is_err());
        assert!(Targets::read(b"").is_err());
    }
}
