//! A server that goes away and comes back.

use super::server::Server;
use super::{HANG, closed, limiter, moment, worst_excess};
use atp_async::{OutagePolicy, RateGrant, SharedRateError, SharedRateLimiter};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Takes tokens until one comes from the server. Returns it, and what came before.
async fn until_shared(
    limiter: &SharedRateLimiter,
) -> (i64, Vec<Result<RateGrant, SharedRateError>>) {
    let mut before = Vec::new();
    let recover = async {
        loop {
            match limiter.acquire().await {
                Ok(grant @ RateGrant::Shared { .. }) => return moment(grant),
                other => before.push(other),
            }
            // So that the wait for the server fills no memory.
            sleep(Duration::from_millis(5)).await;
        }
    };
    let first = timeout(HANG, recover).await.unwrap();
    (first, before)
}

#[tokio::test]
async fn a_closed_limiter_fails_while_the_server_is_away_and_comes_back_with_it() {
    let Some(mut server) = Server::start() else { return };
    let limiter = closed(&server.url(), 1_000.0, 2);
    let mut moments = Vec::new();
    for _ in 0..20 {
        moments.push(moment(limiter.acquire().await.unwrap()));
    }
    server.stop();
    for _ in 0..20 {
        let error = timeout(HANG, limiter.acquire()).await.unwrap().unwrap_err();
        assert!(matches!(error, SharedRateError::Outage { .. }), "{error}");
    }
    server.restart();
    let (first, before) = until_shared(&limiter).await;
    assert!(before.iter().all(Result::is_err), "{before:?}");
    moments.push(first);
    for _ in 0..20 {
        moments.push(moment(limiter.acquire().await.unwrap()));
    }
    assert_eq!(worst_excess(&moments, 1_000, 2).max(0), 0, "{moments:?}");
}

#[tokio::test]
async fn a_connection_that_died_unused_is_replaced_without_an_error() {
    let Some(mut server) = Server::start() else { return };
    let limiter = closed(&server.url(), 1_000.0, 2);
    for _ in 0..5 {
        moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap());
        server.stop();
        server.restart();
    }
    for _ in 0..5 {
        moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap());
        server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    }
}

/// The local share begins empty, so nobody gets a second burst by losing the server.
#[tokio::test]
async fn a_local_share_bridges_the_outage_within_the_rate() {
    const RATE: f64 = 200.0;
    const BURST: u32 = 10;
    let Some(mut server) = Server::start() else { return };
    let limiters =
        [(); 2].map(|()| limiter(&server.url(), RATE, BURST, OutagePolicy::LocalShare(0.5)));
    let began = Instant::now();
    let mut moments = Vec::new();
    for _ in 0..20 {
        for limiter in &limiters {
            moments.push(moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap()));
        }
    }
    server.stop();
    let mut local = 0;
    for _ in 0..15 {
        let [one, two] = &limiters;
        let both = async { tokio::join!(one.acquire(), two.acquire()) };
        assert_eq!(
            timeout(HANG, both).await.unwrap(),
            (Ok(RateGrant::Local), Ok(RateGrant::Local))
        );
        local += 2;
    }
    // Measured around everything, so a late task can only make it longer.
    let taken = (moments.len() + local) as f64;
    let allowed = RATE * began.elapsed().as_secs_f64() + f64::from(BURST);
    assert!(taken <= allowed, "{taken} taken, {allowed} allowed");

    server.restart();
    for limiter in &limiters {
        let (first, before) = until_shared(limiter).await;
        assert!(before.iter().all(|grant| *grant == Ok(RateGrant::Local)), "{before:?}");
        moments.push(first);
    }
    for _ in 0..10 {
        for limiter in &limiters {
            moments.push(moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap()));
        }
    }
    assert_eq!(worst_excess(&moments, 5_000, 10).max(0), 0, "{moments:?}");
}

#[tokio::test]
async fn one_who_comes_rarely_finds_out_that_the_server_is_back() {
    let Some(mut server) = Server::start() else { return };
    let limiter = limiter(&server.url(), 1_000.0, 2, OutagePolicy::LocalShare(0.5));
    server.stop();
    assert_eq!(timeout(HANG, limiter.acquire()).await.unwrap(), Ok(RateGrant::Local));
    server.restart();
    let (_, before) = until_shared(&limiter).await;
    assert!(before.iter().all(|grant| *grant == Ok(RateGrant::Local)), "{before:?}");
}

/// Unlike one that is gone, it takes connections and questions, and answers them all in the end.
#[cfg(unix)]
#[tokio::test]
async fn a_server_that_freezes_is_an_outage_and_its_late_answers_are_lost() {
    let Some(server) = Server::start() else { return };
    let bridged = limiter(&server.url(), 1_000.0, 5, OutagePolicy::LocalShare(0.5));
    let closed = closed(&server.url(), 1_000.0, 5);
    let mut moments = Vec::new();
    for limiter in [&bridged, &closed] {
        moments.push(moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap()));
    }
    server.freeze();
    let both = async { tokio::join!(bridged.acquire(), closed.acquire()) };
    let (local, error) = timeout(HANG, both).await.unwrap();
    assert_eq!(local, Ok(RateGrant::Local));
    assert!(matches!(error, Err(SharedRateError::Outage { .. })), "{error:?}");
    server.thaw();
    for limiter in [&bridged, &closed] {
        moments.push(until_shared(limiter).await.0);
        for _ in 0..10 {
            moments.push(moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap()));
        }
    }
    assert_eq!(worst_excess(&moments, 1_000, 5).max(0), 0, "{moments:?}");
}
