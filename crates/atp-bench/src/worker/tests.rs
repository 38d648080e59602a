use super::*;
use crate::poll::ready;
use std::{cell::Cell, rc::Rc};

fn ask(words: &[&str]) -> Result<String, String> {
    let set = BenchmarkSet::new("Set")
        .with("sum", None, || || (0..10_u64).sum::<u64>())
        .with_async("async_sum", None, || async || 1_u64);
    let arguments = words.iter().map(OsString::from);
    ready(serve(&[set], arguments)).map_err(|error| error.to_string())
}

fn answer<T: serde::de::DeserializeOwned>(words: &[&str]) -> T {
    serde_json::from_str(&ask(words).unwrap()).unwrap()
}

#[test]
fn the_list_tells_sets_and_what_scatters() {
    let list: Vec<Listed> = answer(&["--list", "--json"]);
    let seen: Vec<_> = list.iter().map(|one| (one.name.as_str(), one.concurrent)).collect();
    assert_eq!(seen, [("sum", false), ("async_sum", true)]);
    assert_eq!(list[0].set, "Set");
}

#[test]
fn as_many_samples_as_asked_for() {
    let words = ["--exact", "async_sum", "--iters", "3", "--samples", "4", "--json"];
    let sampled: Sampled = answer(&words);
    assert_eq!((sampled.iterations, sampled.samples_ns.len()), (3, 4));
    assert_eq!((sampled.schema, sampled.name.as_str()), (SCHEMA, "async_sum"));
}

#[test]
fn a_calibrated_sample_holds_many_short_calls() {
    let calibrated: Calibrated = answer(&["--exact", "sum", "--calibrate"]);
    assert!(calibrated.iterations > 100, "{calibrated:?}");
}

#[test]
fn counting_makes_a_fixed_number_of_calls() {
    let calls = Rc::new(Cell::new(0));
    let seen = Rc::clone(&calls);
    let set = BenchmarkSet::new("Set").with("count", None, move || {
        let calls = Rc::clone(&calls);
        move || calls.set(calls.get() + 1)
    });
    let words = ["--exact", "count", "--count", "16"].map(OsString::from);
    let counted: Counted = serde_json::from_str(&ready(serve(&[set], words)).unwrap()).unwrap();
    assert_eq!((counted.iterations, seen.get()), (16, 16 + UNCOUNTED));
}

#[test]
fn orders_that_make_no_sense_are_refused() {
    for (words, message) in [
        (&[][..], "one of --list, --calibrate, --iters with --samples, or --count"),
        (&["--calibrate"][..], "--exact NAME is missing"),
        (&["--list", "--exact", "sum"][..], "--list stands alone"),
        (
            &["--exact", "nothing", "--calibrate"][..],
            "there is no benchmark named \"nothing\": see --list",
        ),
        (&["--exact", "sum", "--count", "0"][..], "0 is not from 1 to 1099511627776"),
        (
            &["--exact", "sum", "--iters", "5"][..],
            "one of --list, --calibrate, --iters with --samples, or --count",
        ),
        (&["--fast"][..], "invalid option '--fast'"),
    ] {
        assert_eq!(ask(words).unwrap_err(), message, "{words:?}");
    }
}
