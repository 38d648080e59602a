//! Those who listen where a server should be: silent, rude, or just somebody else.

use super::{HANG, closed, limiter};
use atp_async::{OutagePolicy, RateGrant, SharedRateError, SharedRateLimiter};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// What an impostor does with a connection.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// Reads and never says a word.
    Mute,
    /// Closes it.
    Closing,
    /// Says back what it is told, the password included.
    Echo,
    /// Answers everything with these bytes.
    Says(&'static [u8]),
}

const MANNERS: [Manner; 13] = [
    Manner::Mute,
    Manner::Closing,
    Manner::Echo,
    Manner::Says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    Manner::Says(b"\x00\xff\xfe\x15\x03\x01"),
    Manner::Says(b"+OK\r\n"),
    Manner::Says(b"$-1\r\n"),
    Manner::Says(b":5\r\n"),
    Manner::Says(b"*3\r\n:1\r\n:2\r\n"),
    Manner::Says(b"*3\r\n:1000000\r\n:9223372036854775807\r\n:9223372036854775807\r\n"),
    Manner::Says(b"*9223372036854775807\r\n"),
    Manner::Says(b"$9223372036854775807\r\n"),
    Manner::Says(b"-LOADING Redis is loading the dataset in memory\r\n"),
];

/// Listens as long as the runtime runs. Returns its port and the count of connections.
async fn impostor(manner: Manner) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, SeqCst);
            tokio::spawn(behave(manner, stream));
        }
    });
    (port, connections)
}

async fn behave(manner: Manner, mut stream: TcpStream) {
    let mut heard = [0; 4_096];
    while !matches!(manner, Manner::Closing)
        && let Ok(length @ 1..) = stream.read(&mut heard).await
    {
        let answered = match manner {
            Manner::Echo => stream.write_all(&heard[..length]).await,
            Manner::Says(bytes) => stream.write_all(bytes).await,
            Manner::Mute | Manner::Closing => Ok(()),
        };
        if answered.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn an_impostor_is_an_outage_and_learns_no_more_than_it_was_sent() {
    let mut tasks = JoinSet::new();
    for manner in MANNERS {
        tasks.spawn(async move {
            let (port, _) = impostor(manner).await;
            let url = format!("redis://:hunter2@127.0.0.1:{port}");
            let error = timeout(HANG, closed(&url, 100.0, 2).acquire()).await.unwrap().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
            // Without a password the question itself gets the answer.
            let url = format!("redis://127.0.0.1:{port}");
            let error = timeout(HANG, closed(&url, 100.0, 2).acquire()).await.unwrap().unwrap_err();
            assert!(matches!(error, SharedRateError::Outage { .. }), "{manner:?}: {error}");
            let shared = limiter(&url, 1_000.0, 2, OutagePolicy::LocalShare(0.5));
            for _ in 0..5 {
                let grant = timeout(HANG, shared.acquire()).await.unwrap();
                assert_eq!(grant, Ok(RateGrant::Local), "{manner:?}");
            }
        });
    }
    tasks.join_all().await;
}

#[tokio::test]
async fn nobody_listening_is_an_outage_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let error = timeout(HANG, closed(&url, 100.0, 2).acquire()).await.unwrap().unwrap_err();
    assert!(matches!(&error, SharedRateError::Outage { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn no_socket_is_an_outage_at_once() {
    let socket = closed("redis+unix:///nowhere/redis.sock", 100.0, 2);
    let error = timeout(HANG, socket.acquire()).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("/nowhere/redis.sock"), "{error}");
}

#[tokio::test]
async fn a_deadline_holds_before_a_server_that_never_answers() {
    let (port, _) = impostor(Manner::Mute).await;
    let url = format!("redis://127.0.0.1:{port}");
    let patience = Duration::from_millis(20);
    for outage in [OutagePolicy::Closed, OutagePolicy::LocalShare(1.0)] {
        let limiter = limiter(&url, 0.01, 1, outage);
        let late = limiter.acquire_within(patience).await;
        assert_eq!(late, Err(SharedRateError::TooLong { timeout: patience }), "{outage:?}");
        assert_eq!(limiter.waiting(), 0);
    }
}

async fn all_fail(limiter: &SharedRateLimiter, waiters: usize) {
    let mut tasks = JoinSet::new();
    for _ in 0..waiters {
        let limiter = limiter.clone();
        tasks.spawn(async move { limiter.acquire().await });
    }
    for outcome in timeout(HANG, tasks.join_all()).await.unwrap() {
        assert!(matches!(outcome, Err(SharedRateError::Outage { .. })), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_thousand_waiters_before_a_dead_server_are_one_question() {
    let (port, connections) = impostor(Manner::Mute).await;
    let limiter = closed(&format!("redis://127.0.0.1:{port}"), 100.0, 2);
    all_fail(&limiter, 1_000).await;
    // One, or two where some came only after the first had failed.
    assert!((1..=2).contains(&connections.load(SeqCst)), "{connections:?}");
}
