//! Profiles saved, loaded and compared.

use super::{manual, ms};
use atp_profile::{JsonError, Profile, SCHEMA_VERSION, compare};
use expect_test::expect;

fn run(loads: u64, load_ms: u64) -> Profile {
    let (profiler, clock) = manual();
    profiler.profile_fn("suite", || {
        for _ in 0..loads {
            profiler.profile_fn("load", || clock.advance(ms(load_ms)));
        }
        if loads > 2 {
            profiler.profile_fn("extra", || clock.advance(ms(1)));
        }
        clock.advance(ms(5));
    });
    profiler.snapshot()
}

#[test]
fn a_saved_profile_is_the_same_after_loading() {
    let profile = run(3, 10);
    let json = profile.to_json();
    assert_eq!(Profile::from_json(&json).unwrap(), profile);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["schema_version"], SCHEMA_VERSION);
    assert_eq!(value["nodes"][1]["operation"], "load");
    assert_eq!(value["nodes"][1]["parent"], 0);
    assert_eq!(value["nodes"][1]["total_ns"], 30_000_000);
    assert_eq!(Profile::from_json(&Profile::default().to_json()).unwrap(), Profile::default());
}

#[test]
fn what_is_no_profile_is_refused_with_the_place() {
    let error = Profile::from_json("{\n  \"schema_version\": ").unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
    let newer = run(1, 1).to_json().replace("\"schema_version\": 1", "\"schema_version\": 7");
    assert!(matches!(Profile::from_json(&newer), Err(JsonError::Version { found: 7 })));
    let error = Profile::from_json("{\"schema_version\": 1, \"nodes\": []}").unwrap_err();
    assert!(error.to_string().contains("missing field"), "{error}");
}

#[test]
fn a_loaded_profile_whose_parents_make_no_sense_is_read_without_harm() {
    let json = run(1, 1).to_json().replace("\"parent\": 0", "\"parent\": 9");
    let profile = Profile::from_json(&json).unwrap();
    assert_eq!(profile.path(1), ["load"]);
    drop((profile.format_tree(), compare(&profile, &profile).to_string()));
}

#[test]
fn changes_are_named_by_path_with_call_counts() {
    let comparison = compare(&run(2, 10), &run(3, 15));
    let slower: Vec<_> = comparison.slower(1.2).map(|change| change.path.join(";")).collect();
    assert_eq!(slower, ["suite;load", "suite"]);
    assert_eq!(comparison.paths[0].count_change(), 1);
    expect![[r#"
        path            before    after  ratio      self  calls
        -------------------------------------------------------
        suite > load   10.0 ms  15.0 ms  1.50x  +25.0 ms     +1
        suite > extra        -  1.00 ms      -  +1.00 ms     +1
        suite          25.0 ms  51.0 ms  2.04x      0 ns     +0
    "#]]
    .assert_eq(&comparison.to_string());
}

#[test]
fn equal_profiles_have_no_change() {
    let comparison = compare(&run(3, 10), &run(3, 10));
    assert_eq!(comparison.slower(1.0).count(), 0);
    assert_eq!(comparison.to_string().lines().count(), 2);
}
