//! A collector that is reached over TLS.

use crate::alone::passes_alone;
use crate::fixture::{AMPLE, one_of_each};
use atp_otlp::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Takes everything, and prints its port.
const SERVER: &str = r#"
import http.server, ssl, sys
class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Collector)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
"#;

/// Ends the server with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

/// Whom to trust is read from the environment.
#[test]
fn a_collector_is_trusted_as_far_as_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("certificate"), folder.path().join("key"));
    let (stranger, other_key) = (folder.path().join("stranger"), folder.path().join("other"));
    if !signs_itself(&certificate, &key) || !signs_itself(&stranger, &other_key) {
        println!("skipped: there is no openssl on this machine");
        return;
    }
    let mut server = Command::new("python3");
    server.arg("-c").arg(SERVER).arg(&certificate).arg(&key).stdout(Stdio::piped());
    let Ok(mut server) = server.spawn() else {
        println!("skipped: there is no python3 on this machine");
        return;
    };
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let _server = Server(server);
    let endpoint = format!("https://localhost:{}", port.trim());
    for (test, trusted) in [("tls::trusted", &certificate), ("tls::a_stranger", &stranger)] {
        let trusted = trusted.to_str().unwrap();
        passes_alone(test, &[("SSL_CERT_FILE", trusted), ("COLLECTOR", &endpoint)]);
    }
}

#[tokio::test]
#[ignore = "needs the server of the test above"]
async fn trusted() {
    let endpoint = std::env::var("COLLECTOR").unwrap();
    let exported = atp_otlp::export(&one_of_each(), &endpoint, AMPLE).await.unwrap();
    assert_eq!(exported.requests, 1);
}

#[tokio::test]
#[ignore = "needs the server of the test above"]
async fn a_stranger() {
    let endpoint = std::env::var("COLLECTOR").unwrap();
    let timeout = Duration::from_secs(2);
    let error = atp_otlp::export(&one_of_each(), &endpoint, timeout).await.unwrap_err();
    let Error::Unreachable { reason, .. } = error else { panic!("{error:?}") };
    assert!(reason.contains("certificate"), "{reason}");
}

fn signs_itself(certificate: &Path, key: &Path) -> bool {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-out").arg(certificate).arg("-keyout").arg(key);
    openssl.stdout(Stdio::null()).stderr(Stdio::null());
    openssl.status().is_ok_and(|status| status.success())
}
