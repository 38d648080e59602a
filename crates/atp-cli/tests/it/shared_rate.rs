//! A rate that several runs share on a server.

use crate::stage::{Stage, finished_tests, records};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A server of the test's own, which ends with it.
struct Server {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Server {
    /// Nothing where no server is installed, and the test says that it is skipped.
    fn start() -> Option<Self> {
        let is_installed = |name: &&str| Command::new(name).arg("--version").output().is_ok();
        let Some(name) = ["redis-server", "valkey-server"].into_iter().find(is_installed) else {
            println!("skipped: there is no redis-server or valkey-server on this machine");
            return None;
        };
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(name);
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.arg("--dir").arg(folder.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let server = Self { child, port, _folder: folder };
        let begin = Instant::now();
        while !server.answers() {
            assert!(begin.elapsed() < Duration::from_secs(20), "{name} does not answer");
            sleep(Duration::from_millis(5));
        }
        Some(server)
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let mut answer = [0; 5];
        stream.write_all(b"PING\r\n").is_ok()
            && stream.read_exact(&mut answer).is_ok()
            && &answer == b"+PONG"
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn staged(tests: usize) -> Stage {
    let stage = Stage::new();
    let ids: Vec<String> = (0..tests).map(|number| format!("t{number}")).collect();
    let agent = "{name: echo, type: 'builtin:echo'}";
    stage.suite(agent, &ids.iter().map(|id| (id.as_str(), "")).collect::<Vec<_>>());
    stage
}

/// 60 attempts at 100 per second with a burst of 2 take 0.58 s at least, whoever makes them.
#[test]
fn two_runs_share_one_rate() {
    let Some(server) = Server::start() else { return };
    let stage = staged(30);
    let url = server.url();
    let begin = Instant::now();
    let args = ["suite.yaml", "--rate", "100", "--rate-limit-url", &url, "--journal"];
    let runs = ["one", "two"].map(|journal| stage.start(&[&args[..], &[journal]].concat()));
    for run in runs {
        let run = stage.finished(run.wait_with_output().unwrap());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stdout.contains("rate limit"), "{}", run.stdout);
    }
    assert!(begin.elapsed() >= Duration::from_millis(580), "{:?}", begin.elapsed());
}

/// No test is blamed for a server that is not there: the run ends, and goes on without it.
#[test]
fn a_server_that_is_away_ends_the_run_or_leaves_a_share() {
    let stage = staged(3);
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("redis://user:hunter2@127.0.0.1:{port}");
    let args = ["suite.yaml", "--journal", "journal", "--rate", "1000", "--junit", "run.xml"];
    let shared = [&args[..], &["--rate-limit-url", &url]].concat();
    let run = stage.finished(stage.command(&shared).output().unwrap());
    assert_eq!(run.code, Some(2), "{}", run.stdout);
    assert!(run.stderr.contains("rate limit server at 127.0.0.1"), "{}", run.stderr);
    assert!(run.stdout.starts_with("INTERRUPTED: 3 of 3"), "{}", run.stdout);
    assert!(!(run.stderr + &run.stdout + &stage.read("run.xml")).contains("hunter2"));
    let journal = stage.here().join("journal");
    assert_eq!(finished_tests(&records(&journal)), Vec::<String>::new());
    let local = [&shared[..], &["--resume", "--rate-limit-outage", "local:0.5"]].concat();
    let run = stage.finished(stage.command(&local).output().unwrap());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.starts_with("PASSED: 3 of 3"), "{}", run.stdout);
}

/// What was done stays done, and the run goes on with the rest.
#[test]
fn a_server_that_goes_away_half_way_costs_no_result() {
    let Some(server) = Server::start() else { return };
    let stage = staged(200);
    let url = server.url();
    let args = ["suite.yaml", "--journal", "journal", "--rate", "100"];
    let run = stage.start(&[&args[..], &["--rate-limit-url", &url]].concat());
    let done = || finished_tests(&records(&stage.here().join("journal")));
    let begin = Instant::now();
    while done().len() < 20 {
        assert!(begin.elapsed() < Duration::from_secs(60), "no result came");
        sleep(Duration::from_millis(5));
    }
    drop(server);
    let run = stage.finished(run.wait_with_output().unwrap());
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let before = done();
    assert!(before.len() < 200, "{before:?}");
    let resumed = stage.command(&["suite.yaml", "--journal", "journal", "--resume"]).output();
    assert_eq!(resumed.unwrap().status.code(), Some(0));
    let after = done();
    assert_eq!((after.len(), &after[..before.len()]), (200, &before[..]));
}

#[test]
fn what_cannot_be_shared_is_refused() {
    let stage = staged(1);
    let url = ["--rate-limit-url", "redis://:hunter2@host"];
    for wrong in [
        &url[..],
        &["--rate", "5", "--rate-limit-outage", "closed"],
        &["--rate", "5", "--rate-limit-url", "http://:hunter2@host"],
        &["--rate", "5", url[0], url[1], "--rate-limit-outage", "open"],
        &["--rate", "5", url[0], url[1], "--rate-limit-outage", "local:2"],
        &["--rate", "5", url[0], url[1], "--rate-limit-outage", "local"],
        &["--rate", "20000", url[0], url[1]],
    ] {
        let run = stage.command(&[&["suite.yaml"], wrong].concat()).output().unwrap();
        let run = stage.finished(run);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{wrong:?}: {}", run.stderr);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
        assert!(!stage.here().join(".atp-runs").exists(), "{wrong:?}");
    }
}
