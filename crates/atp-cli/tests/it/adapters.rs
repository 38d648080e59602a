//! A suite against each adapter.

use crate::stage::Stage;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// The file that the agent is to make, and a test that asserts nothing.
const TESTS: &[(&str, &str)] = &[
    ("file", "assertions: [{type: contains, config: {path: out.txt, pattern: 'Do file'}}]"),
    ("plain", ""),
];

const RESPONSE: &str =
    r#""status":"completed","artifacts":[{"type":"file","path":"out.txt","content":"Do file"}]"#;

fn assert_passes(stage: &Stage, agent: &str) {
    stage.suite(agent, TESTS);
    let run = stage.run(&[]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert_eq!((run.status("file"), run.status("plain")), ("passed", "passed"));
    assert_eq!(run.test("file")["unasserted"], false);
    assert_eq!(run.test("plain")["unasserted"], true);
    assert_eq!(run.report["summary"]["passed"], 2);
    assert!(run.stdout.lines().count() <= 15, "{}", run.stdout);
    assert!(run.stdout.contains("bottleneck"), "{}", run.stdout);
    stage.assert_clean();
}

#[test]
fn an_agent_in_shell() {
    let stage = Stage::new();
    let agent = stage.shell(&format!(
        "echo '{{\"event_type\":\"progress\",\"payload\":{{}}}}' >&2\n\
         printf '{{\"task_id\":\"%s\",%s}}' \"$task\" '{RESPONSE}'"
    ));
    assert_passes(&stage, &agent);
}

#[test]
fn an_agent_in_python() {
    let stage = Stage::new();
    let script = "event(0, message='thinking')\n\
                  answer(artifacts=[{'path': 'out.txt', 'content': request['task']['description']}])";
    if let Some(agent) = stage.python(script) {
        assert_passes(&stage, &agent);
    }
}

/// The agent writes into its workspace, and the file is found there.
#[test]
fn an_agent_that_writes_into_its_workspace() {
    let stage = Stage::new();
    let agent = stage.shell(
        r#"place=${request#*'"workspace_path":"'}; place=${place%%'"'*}
        echo "Do $test" > "$place/out.txt"; answer"#,
    );
    stage.suite(
        &agent,
        &[(
            "file",
            "assertions: [{type: file_contains, config: {path: out.txt, pattern: 'Do file'}}]",
        )],
    );
    let run = stage.run(&[]);
    assert_eq!(run.code, Some(0), "{}{}{}", run.stdout, run.stderr, run.report);
    stage.assert_clean();
}

#[test]
fn an_agent_in_a_container() {
    let stage = Stage::new();
    let runtime = stage.program(
        "runtime",
        &format!(
            "#!/bin/sh\n[ \"$1\" = run ] || exit 0\nread -r request\n\
             task=${{request#*'\"task_id\":\"'}}; task=${{task%%'\"'*}}\n\
             printf '{{\"task_id\":\"%s\",%s}}' \"$task\" '{RESPONSE}'\n"
        ),
    );
    let runtime = runtime.display();
    let agent =
        format!("{{name: boxed, type: container, config: {{image: agent, runtime: '{runtime}'}}}}");
    assert_passes(&stage, &agent);
}

#[test]
fn an_agent_behind_http() {
    for is_stream in [false, true] {
        let stage = Stage::new();
        let url = serve(is_stream);
        assert_passes(
            &stage,
            &format!(
                "{{name: web, type: http, config: {{endpoint: '{url}', allow_internal: true}}}}"
            ),
        );
    }
}

#[test]
fn agents_in_process() {
    let stage = Stage::new();
    let file = "{type: file, path: out.txt, content: Do file}";
    assert_passes(
        &stage,
        &format!(
            "{{name: script, type: 'builtin:script', config: {{steps: [{{event: {{payload: {{}}}}}}], \
             response: {{artifacts: [{file}]}}}}}}"
        ),
    );
    // The echo puts the description into a file of its own name.
    stage.suite(
        "{name: echo, type: 'builtin:echo'}",
        &[("file", "assertions: [{type: contains, config: {path: echo.txt, pattern: 'Do file'}}]")],
    );
    assert_eq!(stage.run(&[]).code, Some(0));
}

/// Answers every request on a port of this machine, until the test ends.
fn serve(is_stream: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/agent", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || while reply(stream.as_ref().unwrap(), is_stream).is_some() {});
        }
    });
    url
}

/// Reads a request and replies to it; nothing once the connection is closed.
fn reply(mut stream: &TcpStream, is_stream: bool) -> Option<()> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    let body = loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.split("content-length: ").nth(1)?.lines().next()?;
            if body.len() >= length.parse().ok()? {
                break body.to_owned();
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    };
    let task = body.split("\"task_id\":\"").nth(1)?.split('"').next()?;
    let response = format!("{{\"task_id\":\"{task}\",{RESPONSE}}}");
    let (kind, body) = if is_stream {
        let event = "event: progress\ndata: {\"payload\": {}}\n\n";
        ("text/event-stream", format!("{event}event: response\ndata: {response}\n\n"))
    } else {
        ("application/json", response)
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).ok()
}
