//! Whole comparisons against scripted workers: verdicts and exit codes, without a clock.
#![cfg(unix)]

use super::{
    budget::Budgets,
    findings::Findings,
    instructions::Valgrind,
    options::Format,
    output::{End, Section, rendered},
    saved::{self, Place, Saved},
    versus,
    worker::Worker,
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::ExitCode};

/// Answers of a worker with one benchmark: what a sample of ten calls takes, and what 16 calls
/// allocate, in number and in bytes.
#[derive(Clone, Copy)]
struct Script {
    name: &'static str,
    nanos: u64,
    allocations: u64,
    bytes: u64,
    /// Shell that runs before a sample is answered.
    before: &'static str,
}

const STEADY: Script =
    Script { name: "parse", nanos: 1_000, allocations: 32, bytes: 1_600, before: "" };

impl Script {
    /// Writes the worker into the folder.
    fn worker(self, folder: &Path, file: &str) -> Worker {
        let Self { name, nanos, allocations, bytes, before } = self;
        let samples = [nanos.to_string(), (nanos + 3).to_string()].join(",");
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in\n\
             *--list*) echo '[{{\"name\":\"{name}\",\"set\":\"s\",\"concurrent\":false}}]';;\n\
             *--calibrate*) echo '{{\"schema\":1,\"name\":\"{name}\",\"iterations\":10}}';;\n\
             *--samples*) {before}\n\
             echo '{{\"schema\":1,\"name\":\"{name}\",\"iterations\":10,\"samples_ns\":[{samples}]}}';;\n\
             *--count*) echo '{{\"schema\":1,\"name\":\"{name}\",\"iterations\":16,\
             \"allocations\":{allocations},\"allocated_bytes\":{bytes}}}';;\n\
             *) echo \"unexpected: $*\" >&2; exit 1;;\nesac\n"
        );
        let path = folder.join(file);
        executable(&path, &script);
        Worker::new(path)
    }
}

fn executable(path: &Path, script: &str) {
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Compares two scripts and returns what a caller sees.
fn compare(baseline: Option<Script>, candidate: Script) -> Findings {
    let folder = tempfile::tempdir().unwrap();
    let baseline = baseline.map(|script| script.worker(folder.path(), "old"));
    let candidate = candidate.worker(folder.path(), "new");
    versus::compare("base", baseline.as_ref(), &candidate, &Budgets::default(), None).unwrap()
}

fn exit_code(findings: Findings, strict: bool) -> ExitCode {
    End::worst(&[Box::new(findings) as Box<dyn Section>]).exit_code(strict)
}

#[test]
fn the_same_figures_pass() {
    assert_eq!(exit_code(compare(Some(STEADY), STEADY), true), ExitCode::from(0));
}

#[test]
fn a_slowdown_beyond_the_floor_is_a_regression() {
    let findings = compare(Some(STEADY), Script { nanos: 1_100, ..STEADY });
    assert!(findings.text().contains("SLOWER"), "{}", findings.text());
    assert!(findings.text().ends_with("slower: parse\n"), "{}", findings.text());
    assert_eq!(exit_code(findings, false), ExitCode::from(2));
}

#[test]
fn a_slowdown_within_the_floor_passes() {
    let findings = compare(Some(STEADY), Script { nanos: 1_040, ..STEADY });
    assert_eq!(exit_code(findings, true), ExitCode::from(0));
}

#[test]
fn a_speed_up_passes_and_is_named() {
    let findings = compare(Some(STEADY), Script { nanos: 500, ..STEADY });
    assert!(findings.text().contains("faster"));
    assert_eq!(exit_code(findings, true), ExitCode::from(0));
}

#[test]
fn one_more_allocation_or_byte_is_a_regression() {
    let findings = compare(Some(STEADY), Script { allocations: 33, ..STEADY });
    assert!(findings.text().contains("COSTS MORE"), "{}", findings.text());
    assert_eq!(exit_code(findings, false), ExitCode::from(2));
    let larger = compare(Some(STEADY), Script { bytes: 1_616, ..STEADY });
    assert!(larger.text().contains("  2  100 -> 101 !"), "{}", larger.text());
    assert_eq!(exit_code(larger, false), ExitCode::from(2));
    let fewer = compare(Some(STEADY), Script { allocations: 8, ..STEADY });
    assert_eq!(exit_code(fewer, false), ExitCode::from(0));
}

/// Compares the baseline with itself while a valgrind counts so many instructions a call on its
/// side and on the other.
fn compare_instructions(baseline: &str, candidate: &str) -> Findings {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("valgrind");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && exit\n\
         case \"$*\" in */old*) each={baseline};; *) each={candidate};; esac\n\
         while [ \"$1\" != --count ]; do shift; done\n\
         echo \"==7== I   refs:      $((5000 + $2 * each))\"\n"
    );
    executable(&path, &script);
    let (old, new) = (STEADY.worker(folder.path(), "old"), STEADY.worker(folder.path(), "new"));
    let valgrind = Valgrind::at(path);
    assert!(valgrind.is_some());
    versus::compare("base", Some(&old), &new, &Budgets::default(), valgrind.as_ref()).unwrap()
}

#[test]
fn instructions_warn_from_one_per_cent_and_fail_from_three() {
    for (candidate, cell, code) in [
        ("10000", "10000 ", 0),
        ("10090", "10000 -> 10090 ", 0),
        ("10200", "10000 -> 10200 ?", 0),
        ("10400", "10000 -> 10400 !", 2),
        ("5000", "10000 -> 5000 ", 0),
    ] {
        let findings = compare_instructions("10000", candidate);
        assert!(findings.text().contains(cell), "{}", findings.text());
        assert_eq!(exit_code(findings, true), ExitCode::from(code), "{candidate}");
    }
}

#[test]
fn instructions_that_cannot_be_counted_are_told_and_fail_nothing() {
    let broken = compare_instructions("10000", "1; exit 3");
    assert!(
        broken.text().contains(
            "note: instructions of parse are not compared: valgrind: ended with exit status: 3"
        ),
        "{}",
        broken.text()
    );
    assert_eq!(exit_code(broken, true), ExitCode::from(0));
    let restless = compare_instructions("10000", "$(date +%N | sed 's/^0*/1/')");
    assert!(restless.text().contains("differ from run to run"), "{}", restless.text());
    assert_eq!(exit_code(restless, true), ExitCode::from(0));
}

#[test]
fn a_flagged_canary_makes_the_run_unreliable() {
    // The baseline's copy takes twice as long: this machine tells nothing.
    let before = "case \"$0\" in *-canary) \
        echo '{\"schema\":1,\"name\":\"parse\",\"iterations\":10,\"samples_ns\":[2000]}'; exit;; esac";
    let noisy = Script { before, ..STEADY };
    let slower = Script { nanos: 3_000, ..STEADY };
    let findings = compare(Some(noisy), slower);
    assert!(findings.text().contains("a binary differs from its copy in parse"));
    assert_eq!(findings.json()["reliable"], false);
    assert_eq!(exit_code(findings, false), ExitCode::from(0));
    assert_eq!(exit_code(compare(Some(noisy), slower), true), ExitCode::from(3));
    // Allocations do not depend on the machine's load.
    let hungry = Script { allocations: 99, ..STEADY };
    assert_eq!(exit_code(compare(Some(noisy), hungry), false), ExitCode::from(2));
}

#[test]
fn benchmarks_of_one_side_are_new_or_missing_and_no_failure() {
    let findings =
        compare(Some(Script { name: "old", ..STEADY }), Script { name: "fresh", ..STEADY });
    let presence = |at: usize| findings.json()["benchmarks"][at]["presence"].clone();
    assert_eq!((presence(0), presence(1)), ("new".into(), "missing".into()));
    assert_eq!(exit_code(findings, true), ExitCode::from(0));
    let no_baseline = compare(None, STEADY);
    assert_eq!(no_baseline.json()["benchmarks"][0]["presence"], "new");
    assert_eq!(exit_code(no_baseline, true), ExitCode::from(0));
}

#[test]
fn a_worker_that_breaks_is_an_error_of_the_tool() {
    let folder = tempfile::tempdir().unwrap();
    let good = STEADY.worker(folder.path(), "good");
    for (file, before, part) in [
        ("crash", "kill -9 $$", "signal"),
        ("fail", "exit 7", "exit status: 7"),
        ("garble", "echo nonsense; exit 0", "expected"),
        (
            "future",
            "echo '{\"schema\":9,\"name\":\"p\",\"iterations\":1,\"samples_ns\":[1]}'; exit 0",
            "schema 9",
        ),
        (
            "still",
            "echo '{\"schema\":1,\"name\":\"p\",\"iterations\":1,\"samples_ns\":[0]}'; exit 0",
            "took no time",
        ),
        (
            "mute",
            "echo '{\"schema\":1,\"name\":\"p\",\"iterations\":1,\"samples_ns\":[]}'; exit 0",
            "took no time",
        ),
    ] {
        let bad = Script { before, ..STEADY }.worker(folder.path(), file);
        let error =
            versus::compare("base", Some(&good), &bad, &Budgets::default(), None).unwrap_err();
        assert!(error.to_string().contains(part), "{file}: {error}");
    }
}

#[test]
fn saved_figures_compare_with_later_ones() {
    let folder = tempfile::tempdir().unwrap();
    let worker = STEADY.worker(folder.path(), "then");
    let path = folder.path().join("saved.json");
    // What is there stays until there are figures, and goes when there are.
    fs::write(&path, "x".repeat(10_000)).unwrap();
    let place = Place::open(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), 10_000);
    place.write(&Saved::measure(&worker, Vec::new()).unwrap()).unwrap();
    let saved = Saved::read(&path).unwrap();
    let now = |script: Script| {
        let worker = script.worker(folder.path(), "now");
        saved::compare(&saved, &worker, &Budgets::default()).unwrap()
    };
    assert_eq!(exit_code(now(STEADY), true), ExitCode::from(0));
    assert_eq!(exit_code(now(Script { nanos: 1_200, ..STEADY }), true), ExitCode::from(2));
    assert_eq!(exit_code(now(Script { allocations: 48, ..STEADY }), true), ExitCode::from(2));
    let renamed = now(Script { name: "other", ..STEADY });
    assert_eq!(renamed.json()["benchmarks"].as_array().unwrap().len(), 2);
    assert_eq!(exit_code(renamed, true), ExitCode::from(0));
}

#[test]
fn figures_of_another_machine_are_unreliable_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let worker = STEADY.worker(folder.path(), "then");
    let path = folder.path().join("saved.json");
    let json = Saved::measure(&worker, Vec::new()).unwrap().to_json();
    fs::write(&path, json.replacen("\"cpus\": ", "\"cpus\": 9", 1)).unwrap();
    let slower = Script { nanos: 9_000, ..STEADY }.worker(folder.path(), "now");
    let findings =
        saved::compare(&Saved::read(&path).unwrap(), &slower, &Budgets::default()).unwrap();
    assert!(findings.text().contains("figures of two machines do not compare"));
    assert_eq!(findings.end(), End::Unreliable);
}

#[test]
fn a_file_that_is_none_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved.json");
    for nowhere in [folder.path().to_owned(), folder.path().join("no/saved.json")] {
        let error = Place::open(&nowhere).unwrap_err().to_string();
        assert!(error.starts_with(&nowhere.display().to_string()), "{error}");
    }
    assert!(Saved::read(&path).unwrap_err().to_string().contains("saved.json"));
    for (text, part) in [
        ("", "EOF"),
        ("{}", "missing field `schema`"),
        ("{\"schema\": 1}", "missing field `machine`"),
        ("{\"schema\": 7, \"machine\": 1}", "schema 7 is unknown, this reads 1"),
    ] {
        fs::write(&path, text).unwrap();
        let error = Saved::read(&path).unwrap_err().to_string();
        assert!(error.contains("saved.json: ") && error.contains(part), "{text}: {error}");
    }
}

#[test]
fn every_format_tells_the_verdict() {
    let sections = || -> Vec<Box<dyn Section>> {
        vec![Box::new(compare(Some(STEADY), Script { nanos: 1_300, ..STEADY }))]
    };
    assert!(rendered(&sections(), Format::Markdown).contains("| SLOWER |"));
    let json: serde_json::Value =
        serde_json::from_str(&rendered(&sections(), Format::Json)).unwrap();
    let comparison = &json["gate"]["benchmarks"][0]["time"]["comparison"];
    assert_eq!(comparison["verdict"], "slower");
    assert!((comparison["ratio"].as_f64().unwrap() - 1.3).abs() < 1e-9);
    let bmf: serde_json::Value = serde_json::from_str(&rendered(&sections(), Format::Bmf)).unwrap();
    assert_eq!(bmf["parse"]["latency"]["value"], 130.0);
}
