//! The shared limiter before a real server. Its clock is the only one that times are held against.

mod impostors;
mod line;
mod outage;
mod server;
mod together;

use atp_async::{
    ConfigError, OutagePolicy, RateConfig, RateGrant, SharedRateError, SharedRateLimiter,
};
use server::Server;
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

const HOUR: f64 = 1.0 / 3_600.0;
/// Ends a test that hangs. Nothing is expected to take as long.
const HANG: Duration = Duration::from_secs(60);

fn limiter(url: &str, per_second: f64, burst: u32, outage: OutagePolicy) -> SharedRateLimiter {
    let rate = RateConfig::per_second(per_second).with_burst(burst);
    SharedRateLimiter::new(url, "atp:test", rate, outage).unwrap()
}

fn closed(url: &str, per_second: f64, burst: u32) -> SharedRateLimiter {
    limiter(url, per_second, burst, OutagePolicy::Closed)
}

fn micros(at: SystemTime) -> i64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros().try_into().unwrap()
}

/// The moment of a grant by the server's clock.
fn moment(grant: RateGrant) -> i64 {
    match grant {
        RateGrant::Shared { at } => micros(at),
        other => panic!("not from the server: {other:?}"),
    }
}

/// How far a window gets above `rate * time + burst` at worst, in tokens. Windows begin and end at
/// grants, so it is the widest rise of "grants so far minus rate times time".
fn worst_excess(moments: &[i64], interval_us: i64, burst: i64) -> i64 {
    let mut moments = moments.to_vec();
    moments.sort_unstable();
    let (mut lowest, mut worst) = (i64::MAX, i64::MIN);
    for (count, at) in (0..).zip(&moments) {
        let ahead = count * interval_us - (at - moments[0]);
        lowest = lowest.min(ahead);
        worst = worst.max(ahead - lowest);
    }
    (worst - (burst - 1) * interval_us).div_euclid(interval_us) + i64::from(worst % interval_us > 0)
}

#[test]
fn the_measure_of_excess_finds_what_it_is_for() {
    assert_eq!(worst_excess(&[0, 0, 10, 20], 10, 2), 0);
    assert_eq!(worst_excess(&[0, 0, 9, 20], 10, 2), 1, "a microsecond too early");
    assert_eq!(worst_excess(&[0, 100, 100, 100], 10, 2), 1);
    assert!(worst_excess(&[0, 100, 200], 10, 2) < 0);
}

#[test]
fn a3_numbers_that_cannot_work_are_refused() {
    let new = |rate, burst, outage| {
        let rate = RateConfig::per_second(rate).with_burst(burst);
        SharedRateLimiter::new("redis://localhost", "key", rate, outage).map(drop)
    };
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 10_001.0, 1e-9] {
        let refused = new(rate, 1, OutagePolicy::Closed);
        assert!(matches!(refused, Err(ConfigError::OutOfRange { .. })), "{rate}");
    }
    assert!(matches!(new(1.0, 0, OutagePolicy::Closed), Err(ConfigError::Zero { .. })));
    for share in [0.0, 1.01, f64::NAN] {
        assert!(new(1.0, 1, OutagePolicy::LocalShare(share)).is_err(), "{share}");
    }
    assert_eq!(new(10_000.0, 1, OutagePolicy::LocalShare(1.0)), Ok(()));
}

#[tokio::test]
async fn a_budget_is_shared_by_all_who_name_its_key() {
    let Some(server) = Server::start() else { return };
    let limiters = [(); 3].map(|()| closed(&server.url(), 500.0, 5));
    let mut moments = Vec::new();
    for _ in 0..20 {
        for limiter in &limiters {
            moments.push(moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap()));
        }
    }
    assert_eq!(worst_excess(&moments, 2_000, 5).max(0), 0, "{moments:?}");
    assert_eq!(limiters[0].limit(async { 7 }).await, Ok(7));
}

#[tokio::test]
async fn a_script_that_the_server_forgot_is_loaded_again() {
    let Some(server) = Server::start() else { return };
    let limiter = closed(&server.url(), 1_000.0, 2);
    for _ in 0..3 {
        moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap());
        server.command(&["SCRIPT", "FLUSH"]);
    }
}

#[tokio::test]
async fn a_budget_that_is_full_again_leaves_nothing_behind() {
    let Some(server) = Server::start() else { return };
    let limiter = closed(&server.url(), 0.1, 2);
    for _ in 0..2 {
        limiter.acquire().await.unwrap();
    }
    let left: i64 = server.ask(&["PTTL", "atp:test"]);
    assert!((1..=21_000).contains(&left), "{left} ms");
    let keys: i64 = server.ask(&["DBSIZE"]);
    assert_eq!(keys, 1);
}

#[tokio::test]
async fn a_key_with_other_settings_or_another_value_is_refused_under_either_policy() {
    let Some(server) = Server::start() else { return };
    moment(closed(&server.url(), 0.01, 5).acquire().await.unwrap());
    for outage in [OutagePolicy::Closed, OutagePolicy::LocalShare(0.5)] {
        let other = limiter(&server.url(), 2.0, 5, outage).acquire().await.unwrap_err();
        assert!(matches!(&other, SharedRateError::Refused { .. }), "{other}");
        assert!(other.to_string().contains("100000000 us and a burst of 5"), "{other}");
    }
    for value in [["SET", "atp:test", "42"], ["LPUSH", "atp:test", "42"]] {
        server.command(&["DEL", "atp:test"]);
        server.command(&value);
        let other = closed(&server.url(), 0.01, 5).acquire().await.unwrap_err();
        assert!(matches!(&other, SharedRateError::Refused { .. }), "{other}");
    }
}

#[tokio::test]
async fn a_password_is_asked_for_and_never_shown() {
    let Some(server) = Server::start_with(&["--requirepass", "hunter2"]) else { return };
    let port = server.port();
    let right = closed(&format!("redis://:hunter2@127.0.0.1:{port}/3"), 100.0, 2);
    moment(right.acquire().await.unwrap());
    assert!(!format!("{right:?}").contains("hunter2"));
    assert!(format!("{right:?}").contains(&port.to_string()), "{right:?}");
    for url in [format!("redis://127.0.0.1:{port}"), format!("redis://:hunter3@127.0.0.1:{port}")] {
        let error = closed(&url, 100.0, 2).acquire().await.unwrap_err();
        assert!(matches!(&error, SharedRateError::Refused { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter"), "{error:?}");
    }
    let database = closed(&format!("redis://:hunter2@127.0.0.1:{port}/9999"), 100.0, 2);
    let error = database.acquire().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter"), "{error:?}");
}

#[tokio::test]
async fn a_clock_that_was_set_back_costs_a_burst_at_most() {
    let Some(server) = Server::start() else { return };
    // An arrival time an hour from now is what a clock that was an hour ahead has left behind.
    let ahead = micros(SystemTime::now() + Duration::from_secs(3_600));
    let value = format!("{ahead} 2000 3");
    server.command(&["SET", "atp:test", &value, "PX", "3600000"]);
    let limiter = closed(&server.url(), 500.0, 3);
    let mut moments = Vec::new();
    for _ in 0..10 {
        moments.push(moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap()));
    }
    assert_eq!(worst_excess(&moments, 2_000, 3).max(0), 0, "{moments:?}");
}

/// A restart, an eviction, a FLUSHALL: whoever took from the bucket must not get a second burst.
#[tokio::test]
async fn a_lost_key_is_an_empty_bucket_to_who_took_from_it() {
    let Some(mut server) = Server::start() else { return };
    let (limiter, later) = (closed(&server.url(), 5.0, 50), closed(&server.url(), 5.0, 50));
    let mut moments = Vec::new();
    for _ in 0..50 {
        moments.push(moment(limiter.acquire().await.unwrap()));
    }
    server.command(&["FLUSHALL"]);
    moments.push(moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap()));
    server.stop();
    server.restart();
    moments.push(moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap()));
    // Nobody who comes after that gets it either.
    moments.push(moment(timeout(HANG, later.acquire()).await.unwrap().unwrap()));
    assert_eq!(worst_excess(&moments, 200_000, 50).max(0), 0, "{moments:?}");
}

#[tokio::test]
async fn a_lost_key_hides_what_others_took_so_the_bucket_counts_as_empty() {
    let Some(server) = Server::start() else { return };
    let (one, other) = (closed(&server.url(), HOUR, 10), closed(&server.url(), HOUR, 10));
    one.acquire().await.unwrap();
    for _ in 0..9 {
        other.acquire().await.unwrap();
    }
    server.command(&["FLUSHALL"]);
    let patience = Duration::from_secs(30);
    let late = one.acquire_within(patience).await;
    assert_eq!(late, Err(SharedRateError::TooLong { timeout: patience }));
}
