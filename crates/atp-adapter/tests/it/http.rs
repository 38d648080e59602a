//! Agents that are servers.

use crate::heard::{adapter, execute, failure, limits, request, short};
use crate::leftovers::RESPONSE;
use crate::server::{Piece, Server, reply, stream};
use atp_adapter::{Adapter, Failure, TimeoutKind};
use atp_protocol::{Error, EventType, Request};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn http(endpoint: String, mut config: Value) -> Arc<dyn Adapter> {
    config["endpoint"] = endpoint.into();
    if config.get("allow_internal").is_none() {
        config["allow_internal"] = true.into();
    }
    adapter("http", &config)
}

const SSE: &str = "text/event-stream; charset=utf-8";

#[tokio::test]
async fn a_plain_reply_is_the_response_and_connections_are_used_again() {
    let server = Server::start(|_| reply("200 OK", "", RESPONSE)).await;
    let headers = json!({"headers": {"Authorization": "Bearer hunter22"}});
    let agent = http(server.url("/run?x=1"), headers);
    for _ in 0..3 {
        execute(&*agent, &request(), limits()).await.0.unwrap();
    }
    assert_eq!(server.connections(), 1);
    let requests = server.requests().await;
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.starts_with("post /run?x=1 http/1.1"), "{head}");
    assert!(head.contains("content-type: application/json"));
    assert!(head.contains("accept: text/event-stream"));
    assert!(head.contains("authorization: bearer hunter22"));
    assert_eq!(Request::parse(body).unwrap(), request());
    agent.close().await.unwrap();
    execute(&*agent, &request(), limits()).await.0.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn x15_server_sent_events_are_read_as_they_are_written() {
    let body = format!(
        "event: reasoning\ndata: {{\"payload\":\ndata: {{\"a\": 1}}}}\n\n\
         data: {{\"status\":\"completed\",\"payload\":{{}}}}\n\n\
         data: {{\"status\":\"running\"}}\n\n\
         : a comment\n\nevent: response\ndata: {RESPONSE}"
    );
    for size in [1, 7, 4096] {
        let body = body.clone();
        let server = Server::start(move |_| stream(SSE, &body, size, true)).await;
        let (result, heard) =
            execute(&*http(server.url("/"), json!({})), &request(), limits()).await;
        let answer = result.unwrap();
        assert_eq!(heard.sequences(), [0, 1]);
        assert_eq!(heard.events[0].event_type, EventType::Reasoning);
        assert_eq!(heard.events[0].payload.get(), "{\"a\": 1}");
        assert_eq!((heard.invalid.len(), answer.measured.invalid_events), (1, 1));
    }
}

#[tokio::test]
async fn lines_of_json_are_read_and_a_response_among_them_ends_the_run() {
    let body =
        format!("{{\"payload\":{{}}}}\nnonsense\n\n{{\"payload\":{{}}}}\n{RESPONSE}\nmore\n");
    let server = Server::start(move |_| stream("application/x-ndjson", &body, 9, false)).await;
    let (result, heard) = execute(&*http(server.url("/"), json!({})), &request(), limits()).await;
    result.unwrap();
    assert_eq!((heard.events.len(), heard.invalid.len()), (2, 1));
}

#[tokio::test]
async fn a_bad_response_is_not_swallowed() {
    let server = Server::start(|_| stream(SSE, "event: response\ndata: {}\n\n", 64, true)).await;
    let failed = failure(execute(&*http(server.url("/"), json!({})), &request(), limits()).await.0);
    assert!(matches!(failed, Failure::Response { reason: Error::Invalid { .. }, .. }));

    let server = Server::start(|_| stream(SSE, "data: {\"payload\":{}}\n\n", 64, true)).await;
    let (result, heard) = execute(&*http(server.url("/"), json!({})), &request(), limits()).await;
    assert_eq!(failure(result), Failure::NoResponse { stderr: String::new() });
    assert_eq!(heard.events.len(), 1);

    let other = r#"{"task_id":"task-2","status":"completed"}"#;
    let server = Server::start(move |_| reply("200 OK", "", other)).await;
    let failed = failure(execute(&*http(server.url("/"), json!({})), &request(), limits()).await.0);
    assert!(matches!(failed, Failure::ForeignTask(_)));
}

#[tokio::test]
async fn a_refusal_is_told_with_its_body_and_when_to_come_back() {
    let body = "slow down, bearer of hunter22";
    let server =
        Server::start(move |_| reply("429 Too Many Requests", "Retry-After: 7\r\n", body)).await;
    let agent = http(server.url("/"), json!({"headers": {"Authorization": "Bearer hunter22"}}));
    let failed = failure(execute(&*agent, &request(), limits()).await.0);
    let body = "slow down, bearer of ***".to_owned();
    let retry_after = Some(Duration::from_secs(7));
    assert!(failed.is_transient());
    assert_eq!(failed, Failure::Status { status: 429, body, retry_after });
}

#[tokio::test]
async fn only_a_success_that_can_be_read_is_a_reply() {
    let server = Server::start(|path| match path {
        "/encoded" => reply("200 OK", "Content-Encoding: gzip\r\n", "\x1f"),
        "/broken" => reply("500 Broken", "Content-Encoding: br\r\n", "\x1f"),
        "/many" => reply("300 Multiple Choices", "", RESPONSE),
        "/half?key=hunter22" => {
            let head = "HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\nhalf of hunter22";
            vec![Piece::Bytes(head.into()), Piece::Silence]
        }
        _ => reply("200 OK", "Content-Encoding: Identity\r\n", RESPONSE),
    })
    .await;
    let run = async |path| {
        let agent = http(server.url(path), json!({}));
        execute(&*agent, &request(), limits()).await.0
    };
    run("/plain").await.unwrap();
    assert!(server.requests().await[0].to_lowercase().contains("accept-encoding: identity\r\n"));
    let encoded = failure(run("/encoded").await).to_string();
    assert_eq!(encoded, "the reply is encoded as gzip, which was not asked for");
    let status = |status, body: &str| {
        let body = body.to_owned();
        Failure::Status { status, body, retry_after: None }
    };
    assert_eq!(failure(run("/broken").await), status(500, ""));
    assert_eq!(failure(run("/many").await), status(300, RESPONSE));
    // A key in the address is not shown, and a body that does not end is not waited for.
    assert_eq!(failure(run("/half?key=hunter22").await), status(503, "half of ***"));
}

#[tokio::test]
async fn a_server_that_goes_silent_is_left_and_its_events_are_kept() {
    let body = "data: {\"payload\":{}}\n\n";
    let server = Server::start(move |_| stream(SSE, body, 64, false)).await;
    let agent = http(server.url("/"), json!({}));
    let (result, heard) = execute(&*agent, &request(), short(200)).await;
    let after = Duration::from_millis(200);
    assert_eq!(failure(result), Failure::Timeout { kind: TimeoutKind::Total, after });
    assert_eq!(heard.events.len(), 1);
    let idle = limits().with_idle_timeout(Some(after));
    let failed = failure(execute(&*agent, &request(), idle).await.0);
    assert_eq!(failed, Failure::Timeout { kind: TimeoutKind::Idle, after });
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_an_error_with_its_events() {
    let server = Server::start(|_| {
        let mut pieces = stream(SSE, "data: {\"payload\":{}}\n\ndata: {\"pay", 64, true);
        pieces.pop();
        pieces.push(Piece::Bytes(b"no chunk at all".to_vec()));
        pieces
    })
    .await;
    let (result, heard) = execute(&*http(server.url("/"), json!({})), &request(), limits()).await;
    assert!(matches!(failure(result), Failure::Connection { .. }));
    assert_eq!(heard.events.len(), 1);
}

#[tokio::test]
async fn bounds_are_kept() {
    let long = format!("data: {{\"payload\":{{\"a\":\"{}\"}}}}\n\n", "x".repeat(3000));
    let body = format!("{long}data: {RESPONSE}\n\n");
    let server = Server::start(move |_| stream(SSE, &body, 512, true)).await;
    let bounds = json!({"max_event_line_bytes": 1000, "max_response_bytes": 5000});
    let (result, heard) = execute(&*http(server.url("/"), bounds), &request(), limits()).await;
    result.unwrap();
    assert!(matches!(heard.invalid[0].1, Error::TooLong { limit_bytes: 1000, .. }));

    let body = "x".repeat(3000);
    let plain = body.clone();
    let server = Server::start(move |path| match path {
        "/plain" => reply("200 OK", "", &plain),
        _ => stream(SSE, &format!("data: {body}"), 512, false),
    })
    .await;
    for (path, what) in [("/plain", "response"), ("/sse", "record")] {
        let agent = http(server.url(path), json!({"max_response_bytes": 2000}));
        let failed = failure(execute(&*agent, &request(), limits()).await.0);
        assert_eq!(failed, Failure::TooLarge { what, limit_bytes: 2000 });
    }
}

#[tokio::test]
async fn internal_addresses_are_refused_unless_they_are_allowed() {
    let server = Server::start(|_| reply("200 OK", "", RESPONSE)).await;
    let port = server.address.port();
    for host in ["127.0.0.1", "localhost", "[::1]", "2130706433", "[::ffff:127.0.0.1]"] {
        let agent = http(format!("http://{host}:{port}/"), json!({"allow_internal": false}));
        let failed = failure(execute(&*agent, &request(), limits()).await.0);
        assert!(matches!(failed, Failure::Blocked { .. }), "{host}: {failed:?}");
        let failed = agent.health_check().await.unwrap_err().failure;
        assert!(matches!(failed, Failure::Blocked { .. }), "{host}: {failed:?}");
    }
    assert_eq!(server.connections(), 0);
}

/// The name of this machine leads to an address inside, and is no name that the check knows: what
/// is refused is the address that would be connected to.
#[tokio::test]
async fn a_name_that_leads_inside_is_refused_when_it_is_looked_up() {
    let name = std::fs::read_to_string("/etc/hostname").unwrap_or_default().trim().to_owned();
    if name.is_empty() || tokio::net::lookup_host((name.as_str(), 80)).await.is_err() {
        println!("skipped: this machine has no name with an address");
        return;
    }
    let agent = http(format!("http://{name}:9/"), json!({"allow_internal": false}));
    let failed = failure(execute(&*agent, &request(), short(5000)).await.0);
    assert!(matches!(failed, Failure::Blocked { .. }), "{failed:?}");
}

#[tokio::test]
async fn redirects_are_followed_checked_and_counted() {
    let second = Server::start(|_| reply("200 OK", "", RESPONSE)).await;
    let elsewhere = second.url("/there");
    let server = Server::start(move |path| {
        let to = |status: &str, place: &str| reply(status, &format!("Location: {place}\r\n"), "");
        match path {
            "/once" => to("307 Temporary Redirect", "/end"),
            "/seen" => to("303 See Other", "/end"),
            "/away" => to("308 Permanent Redirect", &elsewhere),
            "/metadata" => to("302 Found", "http://169.254.169.254/latest"),
            "/ring" => to("302 Found", "/ring"),
            "/odd" => to("302 Found", "file:///etc/passwd"),
            _ => reply("200 OK", "", RESPONSE),
        }
    })
    .await;
    let agent = |path| http(server.url(path), json!({"headers": {"X-Secret": "hunter22"}}));
    let run = async |path| execute(&*agent(path), &request(), limits()).await.0;

    run("/once").await.unwrap();
    let requests = server.requests().await;
    assert!(requests[1].starts_with("POST /end") && requests[1].contains("task-1"));
    assert!(requests[1].contains("hunter22"));
    run("/seen").await.unwrap();
    assert!(server.requests().await[3].starts_with("GET /end"));
    run("/away").await.unwrap();
    let moved = &second.requests().await[0];
    assert!(moved.starts_with("POST /there") && !moved.contains("hunter22"), "{moved}");
    assert!(matches!(failure(run("/metadata").await), Failure::Blocked { .. }));
    assert!(failure(run("/ring").await).to_string().ends_with("more than 5 redirects"));
    assert!(matches!(failure(run("/odd").await), Failure::Connection { .. }));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_without_its_path() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let agent = http(format!("http://{address}/hunter22"), json!({}));
    let failed = failure(execute(&*agent, &request(), limits()).await.0);
    assert!(failed.is_transient());
    let text = failed.to_string();
    assert!(text.starts_with(&format!("cannot reach http://{address}: ")), "{text}");
    assert!(!text.contains("hunter22"));
}

#[tokio::test]
async fn health_is_any_status_below_500() {
    let server = Server::start(|path| match path {
        "/ill" => reply("503 Service Unavailable", "", ""),
        _ => reply("404 Not Found", "", ""),
    })
    .await;
    http(server.url("/"), json!({})).health_check().await.unwrap();
    let ill = http(server.url("/"), json!({"health_endpoint": server.url("/ill")}));
    assert!(matches!(
        ill.health_check().await.unwrap_err().failure,
        Failure::Status { status: 503, .. }
    ));
    assert!(server.requests().await.iter().all(|request| request.starts_with("GET ")));
}
