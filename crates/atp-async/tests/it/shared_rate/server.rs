//! A server of the test's own: on a free port of the loopback, without persistence, gone with the
//! test.

use redis::{Client, Connection, FromRedisValue, cmd};
use std::io::{Read, Write, stderr};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a server may take to start.
const START: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    program: &'static str,
    port: u16,
    more: Vec<String>,
    folder: TempDir,
    child: Option<Child>,
}

impl Server {
    /// Starts a server. `None`, and it says so, where none is installed.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The same with more options on its command line.
    pub(crate) fn start_with(more: &[&str]) -> Option<Self> {
        let Some(program) = ["redis-server", "valkey-server"].into_iter().find(is_installed) else {
            // Past the capture of the test runner, which shows nothing of a test that passes.
            let name = std::thread::current().name().unwrap_or_default().to_owned();
            let line = format!("skipped: {name}: no redis-server or valkey-server is installed\n");
            stderr().write_all(line.as_bytes()).unwrap();
            return None;
        };
        let more = more.iter().map(|&word| word.to_owned()).collect();
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self { program, port: 0, more, folder, child: None };
        // Between finding a port and using it somebody else may take it.
        for _ in 0..10 {
            server.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if server.launch() {
                return Some(server);
            }
        }
        panic!("{program} does not start");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills the server, as a power cut would.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it again on the same port, with nothing in its memory.
    pub(crate) fn restart(&mut self) {
        let begin = Instant::now();
        while !self.launch() {
            assert!(begin.elapsed() < START, "{} does not start again", self.program);
        }
    }

    /// Stops the process in its tracks.
    #[cfg(unix)]
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Has it go on.
    #[cfg(unix)]
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    #[cfg(unix)]
    fn signal(&self, signal: &str) {
        let kill = format!("kill {signal} {}", self.child.as_ref().unwrap().id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub(crate) fn command(&self, words: &[&str]) {
        drop(self.ask::<redis::Value>(words));
    }

    pub(crate) fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection: Connection =
            Client::open(self.url()).unwrap().get_connection().unwrap();
        cmd(words[0]).arg(&words[1..]).query(&mut connection).unwrap()
    }

    /// How often the script was run or looked for.
    pub(crate) fn questions(&self) -> usize {
        let stats: String = self.ask(&["INFO", "commandstats"]);
        let line = stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
        line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
    }

    /// True once the server answers, false if it ended.
    fn launch(&mut self) -> bool {
        let port = self.port.to_string();
        let mut command = Command::new(self.program);
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(self.folder.path()).args(&self.more);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let begin = Instant::now();
        while !self.answers() {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            if begin.elapsed() > START {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("{} does not answer", self.program);
            }
            sleep(Duration::from_millis(5));
        }
        self.child = Some(child);
        true
    }

    fn answers(&self) -> bool {
        let ping = || {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            stream.write_all(b"PING\r\n")?;
            stream.read_exact(&mut [0; 5])
        };
        ping().is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn is_installed(program: &&str) -> bool {
    let mut probe = Command::new(program);
    probe.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}
