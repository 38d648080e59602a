//! A server whose certificate nobody vouches for.

use crate::heard::{adapter, execute, failure, limits, request};
use crate::leftovers::RESPONSE;
use atp_adapter::Failure;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const SERVER: &str = r#"
import http.server, ssl, sys
class Agent(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = sys.argv[3].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Agent)
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

#[tokio::test]
async fn a_certificate_is_verified_unless_it_is_not_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("certificate"), folder.path().join("key"));
    if !signs_itself(&certificate, &key) {
        println!("skipped: there is no openssl on this machine");
        return;
    }
    let mut server = Command::new("python3");
    server.arg("-c").arg(SERVER).arg(&certificate).arg(&key).arg(RESPONSE).stdout(Stdio::piped());
    let Ok(mut server) = server.spawn() else {
        println!("skipped: there is no python3 on this machine");
        return;
    };
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let _server = Server(server);
    let agent = |verify: bool| {
        let endpoint = format!("https://localhost:{}/", port.trim());
        let config = json!({"endpoint": endpoint, "allow_internal": true, "verify_ssl": verify});
        adapter("http", &config)
    };
    let failed = failure(execute(&*agent(true), &request(), limits()).await.0);
    let Failure::Connection { reason, .. } = failed else { panic!("{failed:?}") };
    assert!(reason.contains("certificate"), "{reason}");
    execute(&*agent(false), &request(), limits()).await.0.unwrap();
}

fn signs_itself(certificate: &Path, key: &Path) -> bool {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    openssl.arg("-out").arg(certificate).arg("-keyout").arg(key);
    openssl.stdout(Stdio::null()).stderr(Stdio::null());
    openssl.status().is_ok_and(|status| status.success())
}
