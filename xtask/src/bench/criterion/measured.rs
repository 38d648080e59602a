//! What criterion left behind: `GROUP/FUNCTION/new/{benchmark,sample}.json`.

use super::super::Failure;
use serde::Deserialize;
use std::{collections::HashMap, fs, path::Path};

/// Folders below which no benchmark lies.
const DEPTH: usize = 8;

/// The samples of one pass by benchmark: nanoseconds an iteration.
#[derive(Debug, Default)]
pub(super) struct Pass(HashMap<String, Vec<f64>>);

#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
}

#[derive(Deserialize)]
struct Sample {
    /// Iterations of each sample.
    iters: Vec<f64>,
    /// What each sample took. Nanoseconds, of whatever clock the group measures with.
    times: Vec<f64>,
}

impl Pass {
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let mut pass = Self::default();
        if folder.is_dir() {
            pass.collect(folder, DEPTH)?;
        }
        Ok(pass)
    }

    fn collect(&mut self, folder: &Path, depth: usize) -> Result<(), Failure> {
        let new = folder.join("new");
        if new.join("benchmark.json").is_file() {
            let Benchmark { full_id } = read(&new.join("benchmark.json"))?;
            let Sample { iters, times } = read(&new.join("sample.json"))?;
            let each = iters.iter().zip(&times).map(|(iters, time)| time / iters);
            self.0.insert(full_id, each.collect());
        }
        if depth == 0 {
            return Ok(());
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() && path != new {
                self.collect(&path, depth - 1)?;
            }
        }
        Ok(())
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Returns the samples of a benchmark, if there are any that a clock can give.
    pub(super) fn samples(&self, id: &str) -> Option<&[f64]> {
        let samples = self.0.get(id)?;
        let sound = samples.iter().all(|nanos| nanos.is_finite() && *nanos > 0.0);
        (sound && !samples.is_empty()).then_some(samples.as_slice())
    }

    #[cfg(test)]
    pub(super) fn of(samples: &[(&str, &[f64])]) -> Self {
        Self(samples.iter().map(|(id, nanos)| ((*id).to_owned(), nanos.to_vec())).collect())
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_at_any_depth() {
        let home = tempfile::tempdir().unwrap();
        for (place, id, times) in
            [("g/ours", "g/ours", "[20.0, 60.0]"), ("g/p/8", "g/p/8", "[0.0, 1.0]")]
        {
            let new = home.path().join(place).join("new");
            fs::create_dir_all(&new).unwrap();
            fs::write(new.join("benchmark.json"), format!("{{\"full_id\": \"{id}\", \"x\": 1}}"))
                .unwrap();
            let sample = format!(
                "{{\"sampling_mode\": \"Linear\", \"iters\": [2.0, 4.0], \"times\": {times}}}"
            );
            fs::write(new.join("sample.json"), sample).unwrap();
        }
        let pass = Pass::read(home.path()).unwrap();
        assert_eq!(pass.samples("g/ours"), Some(&[10.0, 15.0][..]));
        assert!(pass.has("g/p/8") && pass.samples("g/p/8").is_none());
        assert!(!pass.has("g/p"));
    }

    #[test]
    fn nothing_measured_is_an_empty_pass() {
        let home = tempfile::tempdir().unwrap();
        assert!(!Pass::read(&home.path().join("gone")).unwrap().has("g/ours"));
    }
}
