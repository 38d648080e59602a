//! Collectors that do not take what they are sent.

use crate::collector::{Collector, Reply};
use crate::fixture::{AMPLE, one_of_each, planned, run};
use atp_journal::{Recording, RunStatus};
use atp_otlp::{BATCH_SPANS, Error, Exported, export};
use std::time::Duration;
use tokio::net::TcpListener;

/// Short enough to be waited for.
const SHORT: Duration = Duration::from_millis(200);

/// How many spans `one_of_each` has.
const SPANS: usize = 24;

/// A recording that takes three requests.
fn three_batches() -> Recording {
    let mut recording = planned(&["a"]);
    // Four spans each, less one for the tests and the suite that they share.
    let runs = (2 * BATCH_SPANS as u32).div_ceil(3) + 1;
    recording.runs = (1..=runs).map(|n| run("a", n, RunStatus::Passed, f64::from(n))).collect();
    recording
}

#[tokio::test]
async fn a_collector_that_refuses_is_asked_once() {
    for status in [400, 401, 404, 413, 500] {
        let collector = Collector::start([Reply::Status(status)]).await;
        let endpoint = format!("{}?key=hunter2", collector.endpoint);
        let error = export(&one_of_each(), &endpoint, AMPLE).await.unwrap_err();
        let expected = Error::Status { endpoint: collector.endpoint.clone(), status, sent: 0 };
        assert_eq!(error, expected, "shown without what may be secret");
        let message = format!("{} answered with status {status} after 0 spans", collector.endpoint);
        assert_eq!(error.to_string(), message);
        let received = collector.received();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].path, "/v1/traces?key=hunter2");
    }
}

#[tokio::test]
async fn a_collector_that_is_busy_is_asked_again_and_takes_each_span_once() {
    for busy in [429, 502, 503, 504] {
        let replies = [Reply::Later(busy, "0"), Reply::Take, Reply::Later(busy, "0")];
        let collector = Collector::start(replies).await;
        let recording = three_batches();
        let Exported { spans, requests, .. } =
            export(&recording, &collector.endpoint, AMPLE).await.unwrap();
        assert_eq!((spans, requests), (2 + 3 * recording.runs.len(), 5), "{busy}");
        let mut taken: Vec<_> = collector.spans().into_iter().map(|span| span.span_id).collect();
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), spans, "{busy}");
    }
}

#[tokio::test]
async fn a_collector_that_wants_more_time_than_there_is_is_not_waited_for() {
    for when in ["30", "100000", "Wed, 31 Dec 2200 23:59:59 GMT"] {
        let collector = Collector::start([Reply::Later(429, when)]).await;
        let timeout = Duration::from_secs(20);
        let error = export(&one_of_each(), &collector.endpoint, timeout).await.unwrap_err();
        assert!(matches!(error, Error::Status { status: 429, .. }), "{error}");
        assert_eq!(collector.received().len(), 1);
    }
}

#[tokio::test]
async fn a_collector_that_is_down_is_an_error_that_names_it() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}/?key=hunter2");
    let timeout = Duration::from_secs(2);
    let error = export(&one_of_each(), &endpoint, timeout).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::Unreachable { sent: 0, .. }), "{error:?}");
    let beginning = format!("http://127.0.0.1:{port} could not be reached after 0 spans: ");
    assert!(message.starts_with(&beginning), "{message}");
    assert!(message.contains("refused") && !message.contains("hunter2"), "{message}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_opened_again() {
    let collector = Collector::start([Reply::Break, Reply::Break]).await;
    let exported = export(&one_of_each(), &collector.endpoint, AMPLE).await.unwrap();
    assert_eq!(exported.spans, SPANS);
    assert_eq!(collector.spans().len(), SPANS);
}

#[tokio::test]
async fn a_collector_that_hangs_costs_no_more_than_the_time_for_all() {
    let collector = Collector::start([Reply::Take, Reply::Hang]).await;
    let error = export(&three_batches(), &collector.endpoint, SHORT).await.unwrap_err();
    // Where the machine is slow, not even the first answer comes in time.
    let sent = if matches!(error, Error::Timeout { sent: 0, .. }) { 0 } else { BATCH_SPANS };
    let endpoint = collector.endpoint.clone();
    assert_eq!(error, Error::Timeout { endpoint, timeout: SHORT, sent });
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let error = export(&one_of_each(), &endpoint, SHORT).await.unwrap_err();
    assert_eq!(error, Error::Timeout { endpoint, timeout: SHORT, sent: 0 });
}

#[tokio::test]
async fn no_time_is_over_at_once_and_endless_time_never() {
    let collector = Collector::start([Reply::Hang]).await;
    let error = export(&one_of_each(), &collector.endpoint, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { sent: 0, .. }), "{error}");
    let collector = Collector::start([]).await;
    let exported = export(&one_of_each(), &collector.endpoint, Duration::MAX).await.unwrap();
    assert_eq!(exported.spans, SPANS);
}

#[tokio::test]
async fn a_later_refusal_says_how_much_was_taken_before() {
    let collector = Collector::start([Reply::Take, Reply::Status(400)]).await;
    let error = export(&three_batches(), &collector.endpoint, AMPLE).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 400, sent: BATCH_SPANS, .. }), "{error}");
    assert_eq!(collector.received().len(), 2, "nothing is sent after it");
}

#[tokio::test]
async fn spans_that_a_collector_leaves_out_are_counted_and_not_sent_again() {
    let replies =
        [Reply::Reject(3, "too old"), Reply::Reject(0, "be nice"), Reply::Reject(4, "no")];
    let collector = Collector::start(replies).await;
    let recording = three_batches();
    let spans = 2 + 3 * recording.runs.len();
    let error = export(&recording, &collector.endpoint, AMPLE).await.unwrap_err();
    let (endpoint, message) = (collector.endpoint.clone(), "too old".to_owned());
    assert_eq!(error, Error::Rejected { endpoint, rejected: 7, spans, message });
    assert_eq!(collector.received().len(), 3);
}

#[tokio::test]
async fn a_warning_of_a_collector_that_takes_everything_is_no_error() {
    let collector = Collector::start([Reply::Reject(0, "this path is deprecated")]).await;
    assert!(export(&one_of_each(), &collector.endpoint, AMPLE).await.is_ok());
}

#[tokio::test]
async fn what_was_taken_is_taken_whatever_the_answer_looks_like() {
    let large = Box::leak(vec![b'x'; 10 << 20].into_boxed_slice());
    let broken = [Reply::TakeWith(b"{}"), Reply::TakeWith(b"\xff\xff"), Reply::TakeWith(large)];
    for reply in broken.into_iter().chain([Reply::TakeAndBreak]) {
        let collector = Collector::start([reply]).await;
        let exported = export(&one_of_each(), &collector.endpoint, AMPLE).await.unwrap();
        assert_eq!((exported.spans, exported.requests), (SPANS, 1));
    }
}

#[tokio::test]
async fn a_web_page_is_no_collector() {
    let collector = Collector::start([Reply::Page]).await;
    let error = export(&one_of_each(), &collector.endpoint, AMPLE).await.unwrap_err();
    assert_eq!(error, Error::NoCollector { endpoint: collector.endpoint.clone() });
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Collector::start([]).await;
    let to = Box::leak(format!("{}/v1/traces", elsewhere.endpoint).into_boxed_str());
    let collector = Collector::start([Reply::Redirect(to)]).await;
    let error = export(&one_of_each(), &collector.endpoint, AMPLE).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 307, .. }), "{error}");
    assert_eq!(elsewhere.received().len(), 0);
}

#[tokio::test]
async fn an_endpoint_that_is_none_is_told_before_anything_is_sent() {
    let error = export(&one_of_each(), "localhost:4318", AMPLE).await.unwrap_err();
    let message = "the OTLP endpoint is not an http or https address such as http://localhost:4318";
    assert_eq!(error.to_string(), message);
}

#[tokio::test]
async fn an_export_may_move_from_thread_to_thread_and_be_given_up() {
    fn may_move<T: Send>(value: T) -> T {
        value
    }
    let collector = Collector::start([Reply::Hang]).await;
    let recording = one_of_each();
    let hanging = may_move(export(&recording, &collector.endpoint, AMPLE));
    assert!(tokio::time::timeout(SHORT, hanging).await.is_err());
    let exported = export(&recording, &collector.endpoint, AMPLE).await.unwrap();
    assert_eq!(exported.spans, SPANS, "nothing of it is left in the way");
}
