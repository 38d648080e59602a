//! A headless Chromium, driven over the pipe of its DevTools protocol.
//!
//! The protocol is JSON messages that end in a zero byte, read from descriptor 3 and written to
//! descriptor 4. A shell puts them there, so that this needs neither a WebSocket nor `unsafe`.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{path::Path, thread};

/// Far beyond what anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page. Dropping it ends the browser.
pub(crate) struct Browser {
    child: Child,
    pipe: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    sent: u64,
    /// What the page complained about, and what it tried to load.
    pub(crate) complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser, or says that the test is skipped because there is none.
    pub(crate) fn start() -> Option<Self> {
        let names = ["chromium", "chromium-headless-shell", "google-chrome", "chrome"];
        let Some(name) = names.into_iter().find(|name| is_there(name)) else {
            println!("skipped: no Chromium is installed (apt-get install chromium)");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null"#, name])
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-sync", "--disable-component-update"])
            .args(["--disable-background-networking", "--disable-quic", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("TMPDIR", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (pipe, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, messages) = channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0) {
                let Ok(message) = message else { break };
                let Ok(message) = serde_json::from_slice(&message) else { continue };
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let complaints = Vec::new();
        let (session, sent) = (None, 0);
        let mut browser =
            Self { child, pipe, messages, session, sent, complaints, _profile: profile };
        let page = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let target = json!({"targetId": page["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", target);
        browser.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Runtime", "Log", "Page", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Sets the size of the window and whether the page is to be dark.
    pub(crate) fn look(&mut self, width: u32, height: u32, dark: bool) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": media}));
    }

    /// Opens a file and waits until its page says that it is ready.
    pub(crate) fn open(&mut self, file: &Path) {
        self.call("Page.navigate", json!({"url": format!("file://{}", file.display())}));
        let start = Instant::now();
        while self.run("document.documentElement?.dataset.ready ?? ''") != "yes" {
            assert!(start.elapsed() < PATIENCE, "not ready: {:?}", self.complaints);
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Runs an expression in the page and returns its value.
    pub(crate) fn run(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", asked);
        assert_eq!(answer.get("exceptionDetails"), None, "{expression}");
        answer["result"].get("value").cloned().unwrap_or(Value::Null)
    }

    /// Clicks with the mouse at a place given by an expression for `[x, y]` in the window.
    pub(crate) fn click(&mut self, place: &str) {
        let place = self.run(place);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Clicks the middle of the element that a selector finds, scrolled into view.
    pub(crate) fn click_on(&mut self, selector: &str) {
        self.click(&format!(
            "(() => {{ const element = document.querySelector({selector:?});
              element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
              const box = element.getBoundingClientRect();
              return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let text = if key == "Enter" { "\r" } else { "" };
            let event = json!({"type": kind, "key": key, "code": key, "text": text});
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let mut bytes = serde_json::to_vec(&message).unwrap();
        bytes.push(0);
        self.pipe.write_all(&bytes).unwrap();
        loop {
            let message = self.messages.recv_timeout(PATIENCE).unwrap_or_else(|error| {
                panic!("{method} was not answered ({error}): {:?}", self.complaints)
            });
            if message["id"] == self.sent {
                assert_eq!(message.get("error"), None, "{method}");
                return message["result"].clone();
            }
            self.listen(&message);
        }
    }

    /// Keeps what a page that is well says nothing of.
    fn listen(&mut self, message: &Value) {
        let params = &message["params"];
        let is_bad = match message["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" => true,
            "Runtime.consoleAPICalled" => {
                ["error", "warning", "assert"].iter().any(|kind| params["type"] == *kind)
            }
            "Log.entryAdded" => {
                ["error", "warning"].iter().any(|kind| params["entry"]["level"] == *kind)
            }
            "Network.requestWillBeSent" => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                !url.starts_with("file://") && !url.starts_with("about:")
            }
            _ => false,
        };
        if is_bad {
            self.complaints.push(params.to_string());
        }
    }
}

impl Drop for Browser {
    /// Asks the browser to end, which ends its helper processes as well and leaves the profile to
    /// be removed.
    fn drop(&mut self) {
        self.pipe.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0").ok();
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn is_there(program: &str) -> bool {
    let mut probe = Command::new(program);
    probe.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}
