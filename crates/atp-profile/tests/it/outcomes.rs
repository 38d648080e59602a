//! How calls end when all goes wrong at once.

use super::{manual, ms};
use atp_profile::Outcome;

#[test]
fn every_outcome_has_its_name_in_json_and_in_the_report() {
    let (profiler, clock) = manual();
    let _open = profiler.profile("open");
    profiler.profile("failed").fail();
    drop(profiler.profile_async("cancelled", std::future::pending::<()>()));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        profiler.profile_fn("panicked", || panic!("meant to happen"));
    }));
    assert!(caught.is_err());
    clock.advance(ms(1));
    let report = profiler.format_report();
    for name in ["open", "failed", "cancelled", "panicked"] {
        assert!(report.contains(&format!("[{name}]")), "{report}");
    }
    assert!(report.contains("3 calls: 1 open, 1 failed, 1 cancelled, 1 panicked"), "{report}");
    assert_eq!(serde_json::to_value(Outcome::Panicked).unwrap(), "panicked");
}
