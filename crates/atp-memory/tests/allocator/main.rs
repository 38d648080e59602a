//! Everything that needs the allocator to be installed.
//!
//! Totals of the process are exact while nothing else allocates, and the threads of the standard
//! test harness do. So the tests are a table, run one after the other on one thread; arguments
//! that are not options select those whose name contains one of them.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy allows them in tests, and knows only those of the standard harness"
)]

mod counts;
mod future;
mod growth;
mod peaks;
mod sampling;
mod scopes;
mod session;

use atp_memory::TrackingAllocator;
use std::panic;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator::system();

/// Makes a table of tests from their paths.
macro_rules! tests {
    ($($module:ident: $($test:ident),+;)+) => {
        &[$($((concat!(stringify!($module), "::", stringify!($test)), $module::$test)),+),+]
    };
}

const TESTS: &[(&str, fn())] = tests! {
    counts: known_allocations_on_several_threads_are_counted_exactly,
        frees_on_another_thread_balance,
        the_counts_of_a_thread_that_exited_stay,
        a_thousand_short_lived_threads_share_the_slots,
        more_threads_than_slots_are_counted_as_exactly,
        what_a_thread_allocates_while_it_exits_is_counted,
        zeroed_and_moved_blocks_are_forwarded,
        a_failed_reallocation_changes_nothing,
        a_value_is_measured_exactly,
        usage_follows_what_is_held;
    peaks: one_thread_has_exact_peaks,
        several_threads_have_peaks_within_the_bound,
        an_interval_has_its_own_peak,
        nested_and_overlapping_scopes_have_their_own_peaks;
    scopes: a_scope_is_told_apart_from_the_process,
        nested_scopes_count_for_the_outer_one_too,
        scopes_end_in_any_order,
        other_threads_take_part_through_a_handle,
        a_panic_leaves_the_scope,
        bookkeeping_is_not_measured,
        what_outlives_a_scope_is_reported;
    future: a_migrating_future_is_charged_with_its_polls,
        a_dropped_future_is_charged_with_its_drop,
        tasks_of_a_runtime_are_told_apart;
    session: a_tracker_reports_what_happened,
        a_second_session_starts_clean,
        a_disabled_tracker_does_nothing,
        tracking_twice_is_an_error,
        the_global_tracker_can_be_switched_on_and_off,
        nothing_is_slower_after_a_stop,
        a_mapping_shows_in_the_resident_set,
        a_snapshot_does_not_walk_the_live_blocks;
    sampling: every_block_is_seen_at_an_interval_of_one,
        sampled_estimates_hold_the_truth,
        frees_on_other_threads_are_seen,
        a_full_table_drops_and_says_so,
        a_full_table_of_stacks_says_so_and_is_empty_for_the_next_session,
        a_report_is_read_before_another_session_starts,
        sites_are_grouped_by_function_line_and_crate,
        stacks_are_written_for_flame_graphs,
        two_samplers_do_not_mix,
        sessions_come_and_go_beside_busy_threads;
    growth: a_leak_is_ranked_first_and_a_full_cache_is_not_growth,
        a_sampled_leak_is_found,
        two_snapshots_show_no_growth;
};

fn main() -> ExitCode {
    let patterns: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let selected = |name: &str| patterns.is_empty() || patterns.iter().any(|p| name.contains(p));
    let mut failed = 0;
    for (name, test) in TESTS.iter().filter(|(name, _)| selected(name)) {
        let outcome = panic::catch_unwind(test);
        println!("test {name} ... {}", if outcome.is_ok() { "ok" } else { "FAILED" });
        failed += u32::from(outcome.is_err());
    }
    println!("{failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A tracker without a sampler.
fn counting() -> atp_memory::MemoryTracker {
    let config = atp_memory::MemoryConfig::new().without_sampling();
    atp_memory::MemoryTracker::with_config(config).unwrap()
}

/// A tracker that samples one block in `interval` bytes.
fn sampling(interval: u64) -> atp_memory::MemoryTracker {
    let config = atp_memory::MemoryConfig::new().with_sample_interval_bytes(interval);
    atp_memory::MemoryTracker::with_config(config).unwrap()
}

/// Allocates a block of exactly `size` bytes.
#[inline(never)]
fn block(size: usize) -> Box<[u8]> {
    std::hint::black_box(vec![1; size].into_boxed_slice())
}
