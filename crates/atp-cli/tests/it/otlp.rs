//! Spans, as a collector gets them.

use crate::stage::Stage;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// What was sent in one request.
struct Sent {
    line: String,
    body: Vec<u8>,
}

/// Answers each request with this status, until the test ends.
fn collector(status: &'static str) -> (String, Receiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut line, mut length) = (String::new(), 0);
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                continue;
            }
            let mut header = String::new();
            while reader.read_line(&mut header).unwrap() > 2 {
                if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                header.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/x-protobuf\r\n\
                 content-length: 0\r\nconnection: close\r\n\r\n"
            );
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            if sender.send(Sent { line, body }).is_err() {
                return;
            }
        }
    });
    (endpoint, requests)
}

fn staged() -> Stage {
    let stage = Stage::new();
    stage.suite("{name: echo, type: 'builtin:echo'}", &[("unmistakable", "")]);
    stage
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn a_run_is_sent_at_its_end_and_again_from_its_journal() {
    let stage = staged();
    let (endpoint, requests) = collector("200 OK");
    let run = stage.run(&["--otlp", &endpoint, "--journal", "journal"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let told = stage.atp(&["report", "journal", "--otlp", &endpoint]);
    assert_eq!((told.code, told.stdout.as_str()), (Some(0), ""), "{}", told.stderr);
    for _ in 0..2 {
        let sent = requests.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(sent.line.starts_with("POST /v1/traces "), "{}", sent.line);
        for text in ["unmistakable", "staged", "echo"] {
            assert!(holds(&sent.body, text), "{text}");
        }
    }
}

#[test]
fn spans_that_are_refused_change_no_verdict() {
    let stage = staged();
    let (endpoint, _requests) = collector("400 Bad Request");
    let run = stage.run(&["--otlp", &endpoint]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stdout.starts_with("PASSED"), "{}", run.stdout);
    assert!(run.stderr.contains("spans were not all sent"), "{}", run.stderr);
    assert_eq!(run.status("unmistakable"), "passed", "the other reports are there");
}

#[test]
fn what_is_no_endpoint_is_refused() {
    let stage = staged();
    for wrong in ["", "localhost:4318", "ftp://host", "http://"] {
        let run = stage.run(&["--otlp", wrong]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{wrong}: {}", run.stderr);
    }
}
