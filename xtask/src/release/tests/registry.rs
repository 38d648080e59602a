//! A registry of the sparse protocol, on loopback, that answers uploads as a script says.

use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

/// An answer to an upload, instead of taking the crate.
pub(super) struct Refusal {
    pub(super) status: &'static str,
    pub(super) headers: &'static str,
    pub(super) body: &'static str,
}

#[derive(Default)]
struct State {
    /// The lines of the index, by crate.
    index: BTreeMap<String, String>,
    /// Answers to come, by crate.
    script: BTreeMap<String, VecDeque<Refusal>>,
    /// Every upload that came, in its order.
    uploads: Vec<String>,
    closed: bool,
}

pub(super) struct TestRegistry {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: Option<JoinHandle<()>>,
}

impl TestRegistry {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.lock().unwrap().closed {
                    return;
                }
                // A client that hangs up early is its own problem.
                drop(stream.and_then(|stream| answer(&stream, address, &shared)));
            }
        });
        Self { address, state, server: Some(server) }
    }

    /// The index, as cargo's configuration names it.
    pub(super) fn index(&self) -> String {
        format!("sparse+http://{}/index/", self.address)
    }

    /// Makes the next uploads of a crate end like this; the one after them is taken.
    pub(super) fn refuse(&self, name: &str, refusals: impl IntoIterator<Item = Refusal>) {
        let script = &mut self.state.lock().unwrap().script;
        script.entry(name.to_owned()).or_default().extend(refusals);
    }

    /// Has a version of a crate without any dependency, as if someone had published it.
    pub(super) fn hold(&self, name: &str, version: &str) {
        let line = entry(name, version, &json!([]));
        self.state.lock().unwrap().index.insert(name.to_owned(), line);
    }

    /// Every upload so far, taken or not.
    pub(super) fn uploads(&self) -> Vec<String> {
        self.state.lock().unwrap().uploads.clone()
    }

    /// What can be depended on.
    pub(super) fn published(&self) -> Vec<String> {
        self.state.lock().unwrap().index.keys().cloned().collect()
    }
}

impl Drop for TestRegistry {
    fn drop(&mut self) {
        self.state.lock().unwrap().closed = true;
        drop(TcpStream::connect(self.address));
        if let Some(server) = self.server.take() {
            drop(server.join());
        }
    }
}

fn answer(stream: &TcpStream, address: SocketAddr, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, path) =
        (words.next().unwrap_or("").to_owned(), words.next().unwrap_or("").to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header == "\r\n" {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;

    let mut state = state.lock().unwrap();
    let name = path.rsplit('/').next().unwrap_or("");
    let (status, headers, text) = if method == "PUT" {
        upload(&mut state, &body)
    } else if name == "config.json" {
        let home = format!("http://{address}");
        ("200 OK", "", json!({"dl": format!("{home}/dl"), "api": home}).to_string())
    } else {
        match state.index.get(name) {
            Some(lines) => ("200 OK", "", lines.clone()),
            None => ("404 Not Found", "", String::new()),
        }
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )?;
    stream.shutdown(Shutdown::Write)
}

/// Takes a crate: its description with its length before it, then its package.
fn upload(state: &mut State, body: &[u8]) -> (&'static str, &'static str, String) {
    let length = u32::from_le_bytes(body[..4].try_into().unwrap()) as usize;
    let crate_: Value = serde_json::from_slice(&body[4..4 + length]).unwrap();
    let (name, version) = (crate_["name"].as_str().unwrap(), crate_["vers"].as_str().unwrap());
    state.uploads.push(name.to_owned());
    if let Some(refusal) = state.script.get_mut(name).and_then(VecDeque::pop_front) {
        return (refusal.status, refusal.headers, refusal.body.to_owned());
    }
    let mut dependencies = crate_["deps"].clone();
    for dependency in dependencies.as_array_mut().unwrap() {
        dependency["req"] = dependency["version_req"].clone();
    }
    state.index.insert(name.to_owned(), entry(name, version, &dependencies));
    let warnings = json!({"invalid_categories": [], "invalid_badges": [], "other": []});
    ("200 OK", "", json!({ "warnings": warnings }).to_string())
}

/// A line of the index. Nothing is downloaded from here, so the checksum is never looked at.
fn entry(name: &str, version: &str, dependencies: &Value) -> String {
    json!({
        "name": name, "vers": version, "deps": dependencies, "cksum": "0".repeat(64),
        "features": {}, "yanked": false,
    })
    .to_string()
        + "\n"
}
